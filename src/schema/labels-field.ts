import type { Field } from "./field.ts";
import { isDangerousKey, emptyMap } from "./plain-object.ts";
import { readMap, readText } from "./read-values.ts";

/** Labels as an object of texts. */
export function readLabels(field: Field): Readonly<Record<string, string>> | undefined {
  return readMap(field, (entry) => readText(entry));
}

/** Labels as flags and variables give them: `site=seoul,role=db`. */
export function readLabelText(field: Field, text: string): Readonly<Record<string, string>> | undefined {
  const labels = emptyMap<string>();
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (part === "") continue;
    const [, name, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(part) ?? [];
    if (name === undefined || value === undefined || isDangerousKey(name)) {
      field.notes.error(field.path, "must look like site=seoul,role=db");
      return undefined;
    }
    labels[name] = value;
  }
  return labels;
}
