import { percentEncoded } from "../../expression/percent-encoded.ts";
import { plainText } from "../../expression/plain-text.ts";
import type { JsonObject } from "../../model/json.ts";
import { isList } from "../../model/json-text.ts";

/**
 * Params as the query of a URL, without `?`, or as the body of a form: null is left out, a list repeats its key, a space
 * is `+`, all else beside letters, digits and `_.-~` is percent-encoded UTF-8. An object inside is written as JSON.
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

/** `application/x-www-form-urlencoded` of one name or value. */
export function encodeForm(text: string): string {
  return percentEncoded(text).replaceAll("%20", "+");
}
