import { isAbsent, type Field } from "./field.ts";
import { checkTemplates, holdsTemplates } from "./template-check.ts";

const CONTROL_CHARACTER = /\p{Cc}/u;

/** A text that is a secret: it is never quoted, and belongs into the config of the machines. */
export function readSecretText(field: Field): string | undefined {
  if (isAbsent(field)) return undefined;
  const { value, path, notes } = field;
  if (typeof value !== "string") {
    notes.error(path, 'must be a text such as "{{KEY}}", with KEY among the secrets of the config');
    return undefined;
  }
  if (CONTROL_CHARACTER.test(value)) {
    notes.error(path, "holds a line break or another control character; remove it");
    return undefined;
  }
  if (!checkTemplates(value, path, notes)) return undefined;
  if (value !== "" && !holdsTemplates(value)) {
    notes.warn(
      path,
      'stands in the job itself, for everybody who reads jobs; put it into "secrets" of the config and write {{KEY}}',
    );
  }
  return value;
}

/** The same where there has to be one. */
export function readNeededSecretText(field: Field): string {
  if (isAbsent(field) || field.value === "") {
    field.notes.error(field.path, 'is missing; write "{{KEY}}", with KEY among the secrets of the config');
    return "";
  }
  return readSecretText(field) ?? "";
}
