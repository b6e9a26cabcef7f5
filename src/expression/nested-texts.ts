import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";

/** The texts in a value at any depth; names of fields are not among them. */
export function* nestedTexts(value: JsonValue): Generator<string> {
  if (typeof value === "string") yield value;
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal) return;
  for (const inner of isList(value) ? value : Object.values(value)) yield* nestedTexts(inner);
}
