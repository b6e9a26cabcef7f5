import type { JsonValue } from "../model/json.ts";
import { describe, type Field } from "./field.ts";
import { readJson } from "./json-value.ts";
import { isPlainObject } from "./plain-object.ts";
import { readMap } from "./read-values.ts";

/** The query of a request: each value a text, a number, true, false, null (left out) or a list of them (repeated). */
export function readParams(field: Field): Readonly<Record<string, JsonValue>> | undefined {
  return readMap(field, (entry) => {
    const elements: readonly unknown[] = Array.isArray(entry.value) ? entry.value : [entry.value];
    if (elements.some((element) => Array.isArray(element) || isPlainObject(element))) {
      const remedy = "must be a text, a number, true, false, null or a list of them";
      entry.notes.error(entry.path, `${remedy}, got ${describe(entry)}`);
      return undefined;
    }
    return readJson(entry);
  });
}
