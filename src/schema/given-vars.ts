import type { JsonObject, JsonValue } from "../model/json.ts";
import { jsonText } from "../model/json-text.ts";
import type { Field } from "./field.ts";
import { readLiteralJson } from "./json-value.ts";
import { readMap } from "./read-values.ts";
import { checkValueName } from "./value-name.ts";

/** A run carries them with it. */
const VARS_BYTES_MAX = 16 * 1024;

/** `vars` that whoever asks for a run gives for it. They go in as they stand: two braces in them are two braces. */
export function readGivenVars(field: Field): JsonObject | undefined {
  const vars = readMap<JsonValue>(field, (entry, name) =>
    checkValueName(name, entry) ? readLiteralJson(entry) : undefined,
  );
  if (vars === undefined) return undefined;
  const bytes = Buffer.byteLength(jsonText(vars));
  if (bytes <= VARS_BYTES_MAX) return vars;
  field.notes.error(field.path, `must be at most ${VARS_BYTES_MAX} bytes as JSON, got ${bytes}`);
  return undefined;
}
