import { compileSchema } from "../expression/json-schema.ts";
import type { JsonValue } from "../model/json.ts";
import { isAbsent, type Field } from "./field.ts";
import { readLiteralJson } from "./json-value.ts";

/** A JSON Schema (2020-12), taken as it stands: no template is looked for in it. */
export function readJsonSchema(field: Field): JsonValue | undefined {
  if (isAbsent(field)) return undefined;
  const schema = readLiteralJson(field);
  if (schema === undefined) return undefined;
  const compiled = compileSchema(schema);
  if (compiled.ok) return schema;
  field.notes.error(field.path, compiled.error);
  return undefined;
}
