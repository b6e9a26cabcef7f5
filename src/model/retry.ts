/** How often and how fast a failed attempt is repeated. */
export interface RetryPolicy {
  /** Attempts after the first: 0 to 100. 0 is at-most-once. */
  readonly retries: number;
  /** Pause before the second attempt. */
  readonly delayMs: number;
  /** Each further pause is this times the one before: 1 to 10. */
  readonly backoff: number;
}

/** What an action or a job says about retries; what it leaves out comes from the next outer place. */
export type RetryOverride = Partial<RetryPolicy>;
