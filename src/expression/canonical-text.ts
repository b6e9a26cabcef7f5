import type { JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";
import { canonicalNumber, isNumber } from "./exact-number.ts";

/** The same text for values that are the same, whatever the order of their fields and however their numbers are written. */
export function canonicalText(value: JsonValue): string {
  if (isNumber(value)) return canonicalNumber(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalText).join(",")}]`;
  const fields = Object.keys(value).toSorted();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonicalText(value[name] ?? null)}`).join(",")}}`;
}
