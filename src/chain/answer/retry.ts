import type { HttpDefaults } from "../model/config.ts";
import type { HttpAction, Job } from "../model/job.ts";
import type { RetryPolicy } from "../model/retry.ts";
import { HOUR_MS } from "../model/time.ts";

/** Longest pause between two attempts, whatever the policy says. */
export const RETRY_DELAY_MS_MAX = HOUR_MS;

/** Field by field: the action, else the job, else the config. */
export function retryPolicy(action: HttpAction, job: Job, defaults: HttpDefaults): RetryPolicy {
  return {
    retries: action.retry.retries ?? job.retry.retries ?? defaults.retry.retries,
    delayMs: action.retry.delayMs ?? job.retry.delayMs ?? defaults.retry.delayMs,
    backoff: action.retry.backoff ?? job.retry.backoff ?? defaults.retry.backoff,
  };
}

/** Time for one attempt: the action, else the job, else the config. */
export function attemptTimeoutMs(action: HttpAction, job: Job, defaults: HttpDefaults): number {
  return action.timeoutMs ?? job.timeoutMs ?? defaults.timeoutMs;
}

/**
 * Pause before the next attempt, or `undefined` when the policy is exhausted.
 * @param attemptsMade attempts already finished; at least 1
 * @param jitter a number in [0, 1); 0 gives the shortest pause, 1 would give a tenth more
 */
export function nextRetryDelayMs(policy: RetryPolicy, attemptsMade: number, jitter: number): number | undefined {
  if (attemptsMade > policy.retries) return undefined;
  const base = policy.delayMs * policy.backoff ** (attemptsMade - 1);
  const stretched = base * (1 + 0.1 * jitter);
  return Math.min(Math.round(stretched), RETRY_DELAY_MS_MAX);
}
