import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";

/**
 * What lies at a path inside of a value; `undefined` when nothing does. Texts are names of fields, numbers places in a
 * list; only what the value itself holds is found, never what its prototype would add.
 */
export function valueAt(value: JsonValue, segments: readonly (string | number)[]): JsonValue | undefined {
  let here: JsonValue | undefined = value;
  for (const segment of segments) {
    if (here === undefined) return undefined;
    here = typeof segment === "number" ? itemOf(here, segment) : fieldOf(here, segment);
  }
  return here;
}

function itemOf(value: JsonValue, index: number): JsonValue | undefined {
  return isList(value) ? value[index] : undefined;
}

function fieldOf(value: JsonValue, name: string): JsonValue | undefined {
  if (value === null || typeof value !== "object" || value instanceof ExactDecimal || isList(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
