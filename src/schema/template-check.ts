import { parseText, templatesIn } from "../expression/template.ts";
import type { Field } from "./field.ts";
import type { Notes } from "./findings.ts";
import { readFilledText } from "./read-values.ts";

/** Notes what is wrong with the templates of a text and with the names that they use; true when no error is. */
export function checkTemplates(text: string, path: string, notes: Notes): boolean {
  if (!text.includes("{{")) return true;
  const parsed = parseText(text);
  if (!parsed.ok) {
    notes.error(path, parsed.error);
    return false;
  }
  let isFine = true;
  for (const part of parsed.parts) {
    const complaint = part.kind === "value" ? notes.names?.complaintAbout(part.name) : undefined;
    if (complaint?.severity === "warning") notes.warn(path, complaint.message);
    if (complaint?.severity !== "error") continue;
    notes.error(path, complaint.message);
    isFine = false;
  }
  return isFine;
}

/** Whether a text is one template, or means to be; what is wrong with it comes out when it is checked. */
export function isOneTemplate(text: string): boolean {
  return /^\{\{[^{}]*\}\}$/.test(text);
}

export function holdsTemplates(text: string): boolean {
  return text.includes("{{") && templatesIn(text).length > 0;
}

/** A text that says something, with templates; `undefined` when absent or wrong (and then there is a problem). */
export function readTemplatedText(field: Field): string | undefined {
  const text = readFilledText(field);
  return text === undefined || !checkTemplates(text, field.path, field.notes) ? undefined : text;
}
