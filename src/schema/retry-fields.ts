import type { RetryOverride } from "../model/retry.ts";
import { HOUR_MS, SECOND_MS } from "../model/time.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { readClampedNumber, readNumber, toMs } from "./numbers.ts";

/** Most attempts after the first. */
const RETRIES_MAX = 100;
/** Longest pause before an attempt, in seconds. */
const RETRY_DELAY_SEC_MAX = HOUR_MS / SECOND_MS;
/** Bounds of `backoff`: below 1 the pauses would shrink, above 10 the second one is the last. */
const BACKOFF_MIN = 1;
const BACKOFF_MAX = 10;

const NOTHING_SAID: RetryOverride = {};

/** What `retry` says; what it leaves out is not there. */
export function readRetry(field: Field): RetryOverride {
  if (isAbsent(field)) return NOTHING_SAID;
  const fields = openObject(field, ["retries", "delay_sec", "backoff"]);
  if (fields === undefined) return {};
  const retries = readNumber(fields("retries"), { min: 0, max: RETRIES_MAX, whole: true });
  const delayMs = toMs(readDelaySec(fields("delay_sec")));
  const backoff = readClampedNumber(fields("backoff"), { min: BACKOFF_MIN, max: BACKOFF_MAX, whole: false });
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(backoff === undefined ? {} : { backoff }),
  };
}

/** A negative pause is a mistake; a too long one is shortened. */
function readDelaySec(field: Field): number | undefined {
  const isNegative = typeof field.value === "number" && field.value < 0;
  const rule = { min: 0, max: RETRY_DELAY_SEC_MAX, whole: false };
  return isNegative ? readNumber(field, rule) : readClampedNumber(field, rule);
}
