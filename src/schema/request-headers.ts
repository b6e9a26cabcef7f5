import { describe, isAbsent, type Field } from "./field.ts";
import { readMap, readText } from "./read-values.ts";
import { checkTemplates } from "./template-check.ts";

/** RFC 9110, 5.6.2: token. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, 5.5: a line break would begin another header; beyond U+00FF nothing can be sent. */
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

/** Whether a header can carry a text. */
export function isHeaderText(text: string): boolean {
  return HEADER_VALUE.test(text);
}

/** The headers of a request; values with templates. A null is left out. */
export function readHeaders(field: Field): Readonly<Record<string, string>> | undefined {
  const seen = new Set<string>();
  return readMap(field, (entry, name) => {
    const lowered = name.toLowerCase();
    if (!HEADER_NAME.test(name)) {
      entry.notes.error(entry.path, "is not a header name; use letters, digits and hyphens");
    } else if (seen.has(lowered)) {
      entry.notes.error(entry.path, "is there twice; header names do not differ by capitals");
    }
    seen.add(lowered);
    return isAbsent(entry) ? undefined : readHeaderValue(entry);
  });
}

function readHeaderValue(entry: Field): string | undefined {
  if (typeof entry.value === "number" || typeof entry.value === "boolean") {
    entry.notes.error(entry.path, `must be a text; write "${describe(entry)}" with quotes`);
    return undefined;
  }
  const value = readText(entry);
  if (value === undefined) return undefined;
  if (HEADER_VALUE.test(value)) checkTemplates(value, entry.path, entry.notes);
  else entry.notes.error(entry.path, "holds a line break or a character that no header can carry; remove it");
  return value;
}
