import type { JsonObject, JsonValue } from "../model/json.ts";
import type { Field } from "./field.ts";
import { readJson } from "./json-value.ts";
import { readMap } from "./read-values.ts";
import { checkValueName } from "./value-name.ts";

/** `vars`: values of any shape by the name under `vars` in templates. */
export function readVars(field: Field): JsonObject | undefined {
  return readMap<JsonValue>(field, (entry, name) => (checkValueName(name, entry) ? readJson(entry) : undefined));
}
