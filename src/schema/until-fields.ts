import type { Until } from "../model/action.ts";
import type { AnswerRules } from "../model/matcher.ts";
import { SECOND_MS } from "../model/time.ts";
import { ANSWER_RULE_FIELDS, readAnswerRules } from "./answer-rule-fields.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { readSeconds } from "./numbers.ts";
import { overlaps } from "./status-rules.ts";

/** Bounds of `until.every_sec`, and its value when nothing is said. */
const EVERY_SEC_MIN = 1;
const EVERY_SEC_MAX = 86_400;
const EVERY_SEC_DEFAULT = 30;
/** `until.timeout_sec` when nothing is said; less where the run has less time. */
const TIMEOUT_SEC_DEFAULT = 3_600;

/**
 * `until`: the request is repeated every `every_sec` seconds (30) until an answer is as it says, for at most
 * `timeout_sec` seconds (3600, or the time limit of the run where that is less).
 * @param expected what a good answer is; only one of those can be the last
 */
export function readUntil(field: Field, expected: AnswerRules | undefined, runTimeoutMs: number): Until | undefined {
  if (isAbsent(field)) return undefined;
  const fields = openObject(field, [...ANSWER_RULE_FIELDS, "every_sec", "timeout_sec"]);
  if (fields === undefined) return undefined;
  const rules = readAnswerRules(fields);
  if (ANSWER_RULE_FIELDS.every((name) => isAbsent(fields(name)))) {
    field.notes.error(field.path, `says nothing to wait for; write one of ${ANSWER_RULE_FIELDS.join(", ")}`);
  }
  noteStatus(fields("status"), rules, expected);
  const runTimeoutSec = runTimeoutMs / SECOND_MS;
  return {
    rules,
    everyMs: readSeconds(fields("every_sec"), EVERY_SEC_MIN, EVERY_SEC_MAX) ?? EVERY_SEC_DEFAULT * SECOND_MS,
    timeoutMs:
      readSeconds(fields("timeout_sec"), EVERY_SEC_MIN, runTimeoutSec) ??
      Math.min(TIMEOUT_SEC_DEFAULT, runTimeoutSec) * SECOND_MS,
  };
}

function noteStatus(field: Field, { status }: AnswerRules, expected: AnswerRules | undefined): void {
  const good = expected?.status ?? ["2xx" as const];
  if (status === undefined || status.some((rule) => overlaps(rule, good))) return;
  const remedy = "write it into expect.status too";
  field.notes.warn(field.path, `is no status of a good answer, so the step fails instead of ending well; ${remedy}`);
}
