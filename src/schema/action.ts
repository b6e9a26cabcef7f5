import type { Action } from "../model/action.ts";
import { ACTION_BASE_FIELDS } from "./action-base.ts";
import { ACTIONS_MAX, type ChainPlace } from "./chain-place.ts";
import { describe, isAbsent, openList, openObject, type Field } from "./field.ts";
import { readForEach } from "./for-each-fields.ts";
import { readJobAction } from "./job-action-fields.ts";
import { nearName } from "../model/near-name.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { readFilledText } from "./read-values.ts";
import { readRequest, REQUEST_FIELDS } from "./request-fields.ts";
import { readSleep } from "./sleep-fields.ts";

const TYPES: readonly Action["type"][] = ["http", "for_each", "sleep", "job"];
const HTTP_FIELDS = [...ACTION_BASE_FIELDS, ...REQUEST_FIELDS] as const;

/** The actions of a list in order; none when the field is absent. What it names of them is noted at its place. */
export function readActions(field: Field, place: ChainPlace): readonly Action[] {
  const elements = openList(field, ACTIONS_MAX) ?? [];
  const before = place.count.actions;
  place.count.actions += elements.length;
  if (before <= ACTIONS_MAX && place.count.actions > ACTIONS_MAX) {
    const remedy = "use for_each over a list, or give some a job of their own";
    field.notes.error(field.path, `makes more than ${ACTIONS_MAX} actions in this job; ${remedy}`);
  }
  return elements.flatMap((element) => {
    const action = readAction(element, place);
    if (action === undefined) return [];
    addNames(action, place);
    return [action];
  });
}

/** What the actions after it can name of an action; a `for_each` is known inside itself already. */
export function addNames(action: Action, { names }: ChainPlace): void {
  if (action.name !== undefined && action.type !== "for_each") names.addStep(action.name, action.type);
  if (action.type === "http") for (const name of Object.keys(action.capture ?? {})) names.addVar(name);
}

function readAction(field: Field, place: ChainPlace): Action | undefined {
  if (isAbsent(field) || !isPlainObject(field.value)) {
    field.notes.error(field.path, `must be an object, got ${describe(field)}`);
    return undefined;
  }
  // The type comes first: the fields of another type would only be named as unknown.
  const type = { ...field, path: pointerTo(field.path, "type"), value: ownValue(field.value, "type") };
  switch (TYPES.find((it) => it === type.value)) {
    case "http": {
      const fields = openObject(field, HTTP_FIELDS);
      return fields && readRequest(fields, readFilledText(fields("name")), place);
    }
    case "for_each":
      return readForEach(field, place, readActions);
    case "sleep":
      return readSleep(field);
    case "job":
      return readJobAction(field);
    case undefined:
      field.notes.error(type.path, typeProblem(type));
      return undefined;
  }
}

function typeProblem(field: Field): string {
  if (isAbsent(field)) return `is missing; write "http" (or ${TYPES.slice(1).join(", ")})`;
  if (typeof field.value !== "string") return `must be one of ${TYPES.join(", ")}, got ${describe(field)}`;
  const near = nearName(field.value, TYPES);
  const hint = near === undefined ? `write one of ${TYPES.join(", ")}` : `did you mean ${near}?`;
  return `unknown action type ${describe(field)}; ${hint}`;
}
