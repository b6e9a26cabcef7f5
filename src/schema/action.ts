import type { Action } from "../model/job.ts";
import { describe, isAbsent, openList, openObject, type Field } from "./field.ts";
import { nearName } from "./near-field.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { readFilledText } from "./read-values.ts";
import { readRequest, REQUEST_FIELDS } from "./request-fields.ts";

/** Most actions of a job: the record of a run must stay far below what MongoDB stores. */
const ACTIONS_MAX = 1_000;

/** Types that the design has and this version has not. */
const UNSUPPORTED_TYPES = ["for_each", "sleep", "job"];
const ACTION_FIELDS = ["type", "name", ...REQUEST_FIELDS] as const;

/** The actions of a job in order; none when the field is absent. */
export function readActions(field: Field): readonly Action[] {
  return openList(field, ACTIONS_MAX)?.flatMap((element) => readAction(element) ?? []) ?? [];
}

function readAction(field: Field): Action | undefined {
  if (isAbsent(field)) {
    field.notes.error(field.path, `must be an object, got ${describe(field)}`);
    return undefined;
  }
  // The type comes first: the fields of another type would only be named as unknown.
  if (
    isPlainObject(field.value) &&
    !isHttp({ ...field, path: pointerTo(field.path, "type"), value: ownValue(field.value, "type") })
  ) {
    return undefined;
  }
  const fields = openObject(field, ACTION_FIELDS);
  return fields === undefined ? undefined : readRequest(fields, readFilledText(fields("name")));
}

function isHttp(field: Field): boolean {
  if (field.value === "http") return true;
  field.notes.error(field.path, typeProblem(field));
  return false;
}

function typeProblem(field: Field): string {
  if (isAbsent(field)) return 'is missing; write "http"';
  if (typeof field.value !== "string") return `must be "http", got ${describe(field)}`;
  if (UNSUPPORTED_TYPES.includes(field.value)) {
    return `${describe(field)} is not supported by this version yet; use actions of type "http"`;
  }
  const near = nearName(field.value, ["http", ...UNSUPPORTED_TYPES]);
  return `unknown action type ${describe(field)}; ${near === undefined ? 'write "http"' : `did you mean ${near}?`}`;
}
