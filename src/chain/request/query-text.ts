import { ExactDecimal } from "../model/json.ts";
import type { JsonObject, JsonValue } from "../model/json.ts";
import { isList, jsonText } from "./json-text.ts";
import { wellFormed } from "./unicode.ts";

/**
 * Params as the query of a URL, without `?`: null is left out, a list repeats its key, a space is `+`, all else beside
 * letters, digits and `_.-~` is percent-encoded UTF-8. An object inside is written as JSON.
 */
export function queryText(params: JsonObject): string {
  return Object.entries(params)
    .flatMap(([key, value]) => (isList(value) ? value : [value]).map((item) => [key, item] as const))
    .filter(([, item]) => item !== null)
    .map(([key, item]) => `${encodeForm(key)}=${encodeForm(plainText(item))}`)
    .join("&");
}

/** Appends a query to a URL that may have one already, before its fragment. */
export function withQuery(url: string, query: string): string {
  if (query === "") return url;
  const hashAt = url.indexOf("#");
  const base = hashAt === -1 ? url : url.slice(0, hashAt);
  const fragment = hashAt === -1 ? "" : url.slice(hashAt);
  if (!base.includes("?")) return `${base}?${query}${fragment}`;
  return `${base}${/[?&]$/.test(base) ? "" : "&"}${query}${fragment}`;
}

function plainText(value: JsonValue): string {
  if (typeof value === "string") return value;
  if (value instanceof ExactDecimal) return value.digits;
  return value !== null && typeof value === "object" ? jsonText(value) : String(value);
}

function encodeForm(text: string): string {
  return encodeURIComponent(wellFormed(text))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
