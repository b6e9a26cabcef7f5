import type { StatusRule } from "../model/matcher.ts";
import { describe, isAbsent, openList, type Field } from "./field.ts";
import { readNumber } from "./numbers.ts";

/** Most statuses of one rule. */
const STATUSES_MAX = 100;

/** `status`: 200, "2xx", or a list of such. */
export function readStatusRules(field: Field): readonly StatusRule[] | undefined {
  if (isAbsent(field)) return undefined;
  if (!Array.isArray(field.value)) {
    const rule = readStatusRule(field);
    return rule === undefined ? undefined : [rule];
  }
  if (field.value.length === 0) {
    field.notes.error(field.path, 'is empty, so no answer would be good; write a status such as 200 or "2xx"');
    return undefined;
  }
  return openList(field, STATUSES_MAX)?.flatMap((element) => readStatusRule(element) ?? []);
}

/** Whether a rule is about answers that others let pass. */
export function overlaps(rule: StatusRule, others: readonly StatusRule[]): boolean {
  return others.some((it) =>
    typeof rule === "number" && typeof it === "number" ? rule === it : String(rule)[0] === String(it)[0],
  );
}

function readStatusRule(field: Field): StatusRule | undefined {
  const { value } = field;
  if (typeof value === "string" && /^[1-5]xx$/i.test(value)) return value.toLowerCase() as StatusRule;
  if (isAbsent(field) || (typeof value === "string" && !/^\s*\d+\s*$/.test(value))) {
    field.notes.error(field.path, `must be a status such as 200 or "2xx", got ${describe(field)}`);
    return undefined;
  }
  return readNumber(field, { min: 100, max: 599, whole: true });
}
