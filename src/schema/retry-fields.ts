import { FAILURE_CLASSES, type FailureClass, type RetryOverride } from "../model/retry.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../model/time.ts";
import { describe, isAbsent, openList, openObject, type Field } from "./field.ts";
import { readClampedNumber, readNumber, readSeconds, toMs } from "./numbers.ts";
import { readChoice } from "./read-values.ts";
import { said } from "./said.ts";

/** Most attempts after the first. */
const RETRIES_MAX = 100;
/** Longest pause before an attempt, in seconds. */
const RETRY_DELAY_SEC_MAX = HOUR_MS / SECOND_MS;
/** Bounds of `backoff`: below 1 the pauses would shrink, above 10 the second one is the last. */
const BACKOFF_MIN = 1;
const BACKOFF_MAX = 10;

/** As long as a run can take. */
const TOTAL_SEC_MAX = (30 * DAY_MS) / SECOND_MS;

const RETRY_FIELDS = ["retries", "delay_sec", "backoff", "max_delay_sec", "jitter", "on", "total_sec"] as const;

const NOTHING_SAID: RetryOverride = {};

/** What `retry` says; what it leaves out is not there. */
export function readRetry(field: Field): RetryOverride {
  if (isAbsent(field)) return NOTHING_SAID;
  const fields = openObject(field, RETRY_FIELDS);
  if (fields === undefined) return {};
  const retry: RetryOverride = said({
    retries: readNumber(fields("retries"), { min: 0, max: RETRIES_MAX, whole: true }),
    delayMs: toMs(readDelaySec(fields("delay_sec"))),
    backoff: readClampedNumber(fields("backoff"), { min: BACKOFF_MIN, max: BACKOFF_MAX, whole: false }),
    maxDelayMs: readSeconds(fields("max_delay_sec"), 0, RETRY_DELAY_SEC_MAX),
    jitter: readNumber(fields("jitter"), { min: 0, max: 1, whole: false }),
    on: readFailureClasses(fields("on")),
    totalMs: readSeconds(fields("total_sec"), 1, TOTAL_SEC_MAX),
  });
  if (retry.delayMs !== undefined && retry.maxDelayMs !== undefined && retry.delayMs > retry.maxDelayMs) {
    field.notes.warn(fields("delay_sec").path, "is more than max_delay_sec, so each pause is max_delay_sec");
  }
  return retry;
}

function readFailureClasses(field: Field): readonly FailureClass[] | undefined {
  if (isAbsent(field)) return undefined;
  const elements = openList(field, FAILURE_CLASSES.length);
  if (elements?.length === 0) field.notes.warn(field.path, 'is empty, so nothing is repeated; "retries": 0 says that');
  return elements?.flatMap((element) => {
    if (isAbsent(element)) {
      element.notes.error(element.path, `must be one of ${FAILURE_CLASSES.join(", ")}, got ${describe(element)}`);
    }
    // A status reads like a number.
    const text = element.value === 429 ? { ...element, value: "429" } : element;
    return readChoice(text, FAILURE_CLASSES) ?? [];
  });
}

/** A negative pause is a mistake; a too long one is shortened. */
function readDelaySec(field: Field): number | undefined {
  const isNegative = typeof field.value === "number" && field.value < 0;
  const rule = { min: 0, max: RETRY_DELAY_SEC_MAX, whole: false };
  return isNegative ? readNumber(field, rule) : readClampedNumber(field, rule);
}
