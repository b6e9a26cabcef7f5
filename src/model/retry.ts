/** What can be wrong with an attempt, for retries to choose by. */
export const FAILURE_CLASSES = ["network", "timeout", "5xx", "429", "4xx", "3xx", "expect"] as const;
/**
 * `4xx` is any other 4xx than 429; `3xx` a status below 400 that is no 2xx, where nothing else is expected; `expect` is
 * an answer below 400 that breaks a rule.
 */
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** How often and how fast a failed attempt is repeated. */
export interface RetryPolicy {
  /** Attempts after the first: 0 to 100. 0 is at-most-once. */
  readonly retries: number;
  /** Pause before the second attempt. */
  readonly delayMs: number;
  /** Each further pause is this times the one before: 1 to 10. */
  readonly backoff: number;
  /** Longest pause, also for `Retry-After`; absent: an hour. */
  readonly maxDelayMs?: number;
  /** Part of the pause that is added by chance, 0 to 1; absent: 0.1. */
  readonly jitter?: number;
  /** Only these are repeated; absent: all but `expect`. */
  readonly on?: readonly FailureClass[];
  /** No attempt begins later than this after the first; absent: no limit of its own. */
  readonly totalMs?: number;
}

/** What an action or a job says about retries; what it leaves out comes from the next outer place. */
export type RetryOverride = Partial<RetryPolicy>;
