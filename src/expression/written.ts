import type { JsonValue } from "../model/json.ts";
import { lookUp } from "./render-text.ts";
import type { Scope } from "./scope.ts";
import { templatesIn } from "./template.ts";

/** Whether a value with its templates filled in holds nothing that came out of an answer. */
export function isAllWritten(value: JsonValue, scope: Scope): boolean {
  return templatesIn(value).every((name) => {
    const found = lookUp(name, scope);
    return found.found && found.isWritten === true;
  });
}
