import { compilePattern, PATTERN_LENGTH_MAX } from "../expression/pattern.ts";
import type { Field } from "./field.ts";
import { readFilledText } from "./read-values.ts";
import { checkTemplates, holdsTemplates } from "./template-check.ts";

/** A regular expression; one with templates is only known when they are filled. */
export function readTemplatedPattern(field: Field): string | undefined {
  const text = readFilledText(field);
  if (text === undefined || !checkTemplates(text, field.path, field.notes)) return undefined;
  if (!holdsTemplates(text)) return checked(text, field);
  if (text.length <= PATTERN_LENGTH_MAX) return text;
  field.notes.error(field.path, `is longer than ${PATTERN_LENGTH_MAX} characters; look for less`);
  return undefined;
}

/** A regular expression that is taken as it stands. */
export function readPattern(field: Field): string | undefined {
  const text = readFilledText(field);
  return text === undefined ? undefined : checked(text, field);
}

function checked(text: string, field: Field): string | undefined {
  const compiled = compilePattern(text);
  if (compiled.ok) return text;
  field.notes.error(field.path, compiled.error);
  return undefined;
}
