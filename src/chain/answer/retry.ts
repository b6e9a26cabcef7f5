import type { HttpDefaults } from "../../model/config.ts";
import type { HttpAction } from "../../model/action.ts";
import type { Job } from "../../model/job.ts";
import { FAILURE_CLASSES } from "../../model/retry.ts";
import type { FailureClass, RetryPolicy } from "../../model/retry.ts";
import { HOUR_MS } from "../../model/time.ts";

/** Longest pause between two attempts, whatever the policy or the server says. */
export const RETRY_DELAY_MS_MAX = HOUR_MS;
/** Part of a pause that chance adds where the policy says nothing of it. */
const RETRY_JITTER_DEFAULT = 0.1;
/** What is repeated where the policy says nothing of it: an answer that was understood and is not liked is final. */
const REPEATED_DEFAULT: readonly FailureClass[] = FAILURE_CLASSES.filter((it) => it !== "expect");

/** What there is to know about an attempt that failed. */
export interface FailedAttempt {
  /** `undefined` is never repeated. */
  readonly failureClass: FailureClass | undefined;
  /** What the server asks for; `undefined`: nothing. */
  readonly retryAfterMs: number | undefined;
  /** Since the first attempt of the step, or of this poll, began. */
  readonly sinceFirstMs: number;
}

/**
 * Whether an attempt that was sent and whose answer nobody will ever know may have a successor: it counts as one without
 * an answer, by the network or by time.
 * @param attemptsMade that one included
 */
export function isRepeatedInDoubt(policy: RetryPolicy, attemptsMade: number, sinceFirstMs: number): boolean {
  const repeated = policy.on ?? REPEATED_DEFAULT;
  if (!repeated.includes("network") && !repeated.includes("timeout")) return false;
  return attemptsMade <= policy.retries && sinceFirstMs <= (policy.totalMs ?? Number.POSITIVE_INFINITY);
}

/** Field by field: the action, else the job, else the config. */
export function retryPolicy(
  action: Pick<HttpAction, "retry">,
  job: Pick<Job, "retry">,
  defaults: HttpDefaults,
): RetryPolicy {
  return { ...defaults.retry, ...job.retry, ...action.retry };
}

/** Time for one attempt: the action, else the job, else the config. */
export function attemptTimeoutMs(action: HttpAction, job: Job, defaults: HttpDefaults): number {
  return action.timeoutMs ?? job.timeoutMs ?? defaults.timeoutMs;
}

/**
 * Pause before the next attempt, or `undefined` when there is none: the policy does not repeat such a failure, its
 * attempts are used up, or the next would begin after its time limit. `Retry-After` makes a pause longer, never shorter,
 * and not longer than the policy's longest.
 * @param attemptsMade attempts already finished; at least 1
 * @param fraction chance, a number in [0, 1); 0 gives the shortest pause
 */
export function nextRetryDelayMs(
  policy: RetryPolicy,
  attemptsMade: number,
  fraction: number,
  failure: FailedAttempt,
): number | undefined {
  if (failure.failureClass === undefined || !(policy.on ?? REPEATED_DEFAULT).includes(failure.failureClass))
    return undefined;
  if (attemptsMade > policy.retries) return undefined;
  const longestMs = Math.min(policy.maxDelayMs ?? RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MAX);
  const base = policy.delayMs * policy.backoff ** (attemptsMade - 1);
  const stretched = Math.round(base * (1 + (policy.jitter ?? RETRY_JITTER_DEFAULT) * fraction));
  const delayMs = Math.min(Math.max(stretched, failure.retryAfterMs ?? 0), longestMs);
  const isTooLate = policy.totalMs !== undefined && failure.sinceFirstMs + delayMs > policy.totalMs;
  return isTooLate ? undefined : delayMs;
}
