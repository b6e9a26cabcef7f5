import { ExactDecimal } from "./json.ts";
import type { JsonValue } from "./json.ts";

/** JSON with every whole number and decimal written out exactly; JSON.stringify can do neither. */
export function jsonText(value: JsonValue): string {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof ExactDecimal) return value.digits;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(jsonText).join(",")}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${jsonText(inner)}`)
    .join(",")}}`;
}

/** Array.isArray does not tell a readonly list from an object. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
