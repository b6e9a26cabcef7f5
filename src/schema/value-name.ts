import { isSecretName } from "../expression/template.ts";
import type { Field } from "./field.ts";
import { isDangerousKey } from "./plain-object.ts";
import { quote } from "./describe-value.ts";

/** Whether a variable, a capture or an item can have this name; if not, that is noted. */
export function checkValueName(name: string, field: Field): boolean {
  if (isSecretName(name) && !isDangerousKey(name)) return true;
  const why = isDangerousKey(name)
    ? `the name ${quote(name)} is refused for safety; choose another`
    : "is not a name that a template can use; take letters, digits and _, and no digit first";
  field.notes.error(field.path, why);
  return false;
}
