import { type Action, FOR_EACH_ITEMS_MAX, type ForEachAction } from "../model/action.ts";
import type { JsonValue } from "../model/json.ts";
import { type ChainPlace, inside, beside, fieldIn } from "./chain-place.ts";
import { describe, isAbsent, openList, openObject, type Field } from "./field.ts";
import { readJson } from "./json-value.ts";
import { readNumber } from "./numbers.ts";
import { readFilledText } from "./read-values.ts";
import { isOneTemplate } from "./template-check.ts";
import { checkValueName } from "./value-name.ts";
import { ACTION_BASE_FIELDS, readActionBase } from "./action-base.ts";

const CONCURRENCY_MAX = 100;
/** How deep `for_each` may lie in `for_each`. */
const DEPTH_MAX = 3;

const FOR_EACH_FIELDS = [...ACTION_BASE_FIELDS, "in", "as", "concurrency", "actions", "on_failure", "finally"] as const;

/** `for_each`: a small chain for each item of a list. @param readActions reads the lists inside */
export function readForEach(
  field: Field,
  place: ChainPlace,
  readActions: (field: Field, place: ChainPlace) => readonly Action[],
): ForEachAction | undefined {
  const fields = openObject(field, FOR_EACH_FIELDS);
  if (fields === undefined) return undefined;
  const base = readActionBase(fields);
  const items = readItems(fields("in"));
  const as = readItemName(fields("as"));
  const concurrency = readNumber(fields("concurrency"), { min: 1, max: CONCURRENCY_MAX, whole: true }) ?? 1;
  if (base.name !== undefined) place.names.addStep(base.name, "for_each");
  if (place.depth >= DEPTH_MAX) {
    const remedy = "give the inner ones a job of their own, and call it with an action of type job";
    field.notes.error(field.path, `lies in more than ${DEPTH_MAX - 1} other for_each; ${remedy}`);
    return undefined;
  }
  const ofItem = inside(place);
  ofItem.names.addVar(as);
  if (isAbsent(fields("actions")) || (Array.isArray(fields("actions").value) && isEmpty(fields("actions").value))) {
    field.notes.error(fields("actions").path, "is missing; say what is done with each item");
  }
  const actions = readActions(fieldIn(fields("actions"), ofItem), ofItem);
  const afterwards = beside(ofItem);
  const onFailure = readActions(fieldIn(fields("on_failure"), afterwards), afterwards);
  const atEnd = beside(afterwards);
  const finallyActions = readActions(fieldIn(fields("finally"), atEnd), atEnd);
  return { type: "for_each", ...base, in: items ?? [], as, concurrency, actions, onFailure, finally: finallyActions };
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0;
}

function readItems(field: Field): JsonValue | undefined {
  const { value } = field;
  if (Array.isArray(value)) return openList(field, FOR_EACH_ITEMS_MAX) === undefined ? undefined : readJson(field);
  if (typeof value === "string" && isOneTemplate(value)) return readJson(field);
  const got = isAbsent(field) ? "" : `, got ${describe(field)}`;
  field.notes.error(field.path, `must be a list, or a template that gives one such as "{{vars.ids}}"${got}`);
  return undefined;
}

function readItemName(field: Field): string {
  const name = readFilledText(field);
  return name !== undefined && checkValueName(name, field) ? name : "item";
}
