import { ExactDecimal } from "../../model/json.ts";
import type { JsonValue } from "../../model/json.ts";
import { isList } from "../../model/json-text.ts";

/**
 * How many bytes a value takes as JSON text; counting ends as soon as it is over `limit`, because what a path finds can
 * be far larger than the answer that it was found in.
 */
export function jsonBytes(value: JsonValue, limit: number): number {
  if (value instanceof ExactDecimal) return value.digits.length;
  if (typeof value === "bigint") return value.toString().length;
  if (typeof value === "string") return value.length > limit ? value.length : Buffer.byteLength(JSON.stringify(value));
  if (value === null || typeof value !== "object") return String(value).length;
  let bytes = 2;
  const isObject = !isList(value);
  for (const [key, inner] of isObject ? Object.entries(value) : value.entries()) {
    if (bytes > 2) bytes += 1;
    if (isObject) bytes += jsonBytes(String(key), limit - bytes) + 1;
    bytes += jsonBytes(inner, limit - bytes);
    if (bytes > limit) return bytes;
  }
  return bytes;
}
