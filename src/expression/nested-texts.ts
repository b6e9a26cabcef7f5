import { ExactDecimal } from "../model/json.ts";

/** The texts in a value, or in any plain data such as an action, at any depth; names of fields are not among them. */
export function* nestedTexts(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal) return;
  for (const inner of Object.values(value)) yield* nestedTexts(inner);
}
