import { compilePath } from "../expression/json-path.ts";
import { isAbsent, type Field } from "./field.ts";
import { readFilledText } from "./read-values.ts";

/** An RFC 9535 JSONPath, taken as it stands; `undefined` when absent or wrong (and then there is a problem). */
export function readPath(field: Field): string | undefined {
  const text = readFilledText(field);
  if (text === undefined) return undefined;
  const compiled = compilePath(text);
  if (compiled.ok) return text;
  field.notes.error(field.path, compiled.error);
  return undefined;
}

/** The same where a path has to be. */
export function readNeededPath(field: Field): string | undefined {
  if (isAbsent(field)) field.notes.error(field.path, "is missing; write a JSONPath such as $.state");
  return readPath(field);
}
