import type { Action } from "../model/action.ts";
import type { Fields } from "./field.ts";
import { readGuard } from "./guard-fields.ts";
import { readFilledText, readFlag } from "./read-values.ts";

/** What every action can say. */
export const ACTION_BASE_FIELDS = ["type", "name", "when", "continue_on_failure"] as const;

type ActionBase = Pick<Action, "name" | "when" | "continueOnFailure">;

export function readActionBase(fields: Fields<"name" | "when" | "continue_on_failure">): ActionBase {
  return { name: readFilledText(fields("name")), ...readConduct(fields) };
}

/** The same without a name, where the job itself is the request. */
export function readConduct(fields: Fields<"when" | "continue_on_failure">): Omit<ActionBase, "name"> {
  return {
    when: readGuard(fields("when")),
    continueOnFailure: readFlag(fields("continue_on_failure")) ?? false,
  };
}
