import { ExactDecimal, type JsonObject, type JsonValue } from "../../../model/json.ts";
import { isList } from "../../../model/json-text.ts";

/**
 * Values as one text: JSON that people can read, in which every value comes back as the very same. A field of BSON can't
 * do it: it takes no key with a dot in an update, no whole number beyond 64 bits and no half of a character.
 *
 * What JSON.parse would take for another value is wrapped (`{"$int":"9007199254740993"}`, `{"$decimal":"0.10"}`,
 * `{"$number":"-0"}`); a key of an object that begins with `$` has one more, so that none looks like a wrapper.
 */
export function exactText(value: JsonValue): string {
  return JSON.stringify(wrapped(value));
}

/** The value of such a text; objects have no prototype. */
export function exactValue(text: string): JsonValue {
  return unwrapped(JSON.parse(text));
}

/** The object of such a text. */
export function exactObject(text: string): JsonObject {
  return exactValue(text) as JsonObject;
}

type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

function wrapped(value: JsonValue): Plain {
  if (typeof value === "bigint") return { $int: value.toString() };
  if (value instanceof ExactDecimal) return { $decimal: value.digits };
  if (typeof value === "number") return isPlainNumber(value) ? value : { $number: numberText(value) };
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(wrapped);
  const object: Record<string, Plain> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) object[key.startsWith("$") ? `$${key}` : key] = wrapped(inner);
  return object;
}

function unwrapped(value: Plain): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (isPlainList(value)) return value.map(unwrapped);
  const object: Record<string, JsonValue> = Object.create(null);
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === "string" && key === "$int") return BigInt(inner);
    if (typeof inner === "string" && key === "$decimal") return new ExactDecimal(inner);
    if (typeof inner === "string" && key === "$number") return Number(inner);
    object[key.startsWith("$") ? key.slice(1) : key] = unwrapped(inner);
  }
  return object;
}

function isPlainList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
