import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RETRY_DELAY_MS_MAX, nextRetryDelayMs } from "../../../src/chain/answer/retry.ts";
import type { FailedAttempt } from "../../../src/chain/answer/retry.ts";
import { FAILURE_CLASSES } from "../../../src/model/retry.ts";
import type { RetryPolicy } from "../../../src/model/retry.ts";

/** Says again, step by step, what a policy means; knows nothing of how the pause is computed. */
function expectedDelay(policy: RetryPolicy, attempts: number, fraction: number, failure: FailedAttempt) {
  if (failure.failureClass === undefined) return undefined;
  const repeated = policy.on ?? ["network", "timeout", "5xx", "429", "4xx", "3xx"];
  if (!repeated.some((it) => it === failure.failureClass)) return undefined;
  if (attempts === policy.retries + 1 || attempts > policy.retries) return undefined;
  let pause = policy.delayMs;
  for (let i = 1; i < attempts; i++) pause *= policy.backoff;
  pause += pause * fraction * (policy.jitter === undefined ? 0.1 : policy.jitter);
  pause = Math.round(pause);
  const asked = failure.retryAfterMs === undefined ? 0 : failure.retryAfterMs;
  if (asked > pause) pause = asked;
  if (policy.maxDelayMs !== undefined && pause > policy.maxDelayMs) pause = policy.maxDelayMs;
  if (pause > RETRY_DELAY_MS_MAX) pause = RETRY_DELAY_MS_MAX;
  return policy.totalMs !== undefined && failure.sinceFirstMs + pause > policy.totalMs ? undefined : pause;
}

const policies: fc.Arbitrary<RetryPolicy> = fc.record(
  {
    retries: fc.integer({ min: 0, max: 100 }),
    delayMs: fc.integer({ min: 0, max: RETRY_DELAY_MS_MAX }),
    backoff: fc.constantFrom(1, 1.5, 2, 10),
    maxDelayMs: fc.integer({ min: 0, max: 2 * RETRY_DELAY_MS_MAX }),
    jitter: fc.constantFrom(0, 0.1, 0.5, 1),
    on: fc.subarray([...FAILURE_CLASSES]),
    totalMs: fc.integer({ min: 0, max: 10 * RETRY_DELAY_MS_MAX }),
  },
  { requiredKeys: ["retries", "delayMs", "backoff"] },
);
const failures: fc.Arbitrary<FailedAttempt> = fc.record({
  failureClass: fc.constantFrom(undefined, ...FAILURE_CLASSES),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 3 * RETRY_DELAY_MS_MAX }), { nil: undefined }),
  sinceFirstMs: fc.integer({ min: 0, max: 10 * RETRY_DELAY_MS_MAX }),
});
const attemptsMade = fc.integer({ min: 1, max: 102 });
const fractions = fc.double({ min: 0, max: 0.999_999, noNaN: true });

describe("the pause before a retry", () => {
  test("is what the policy says when it is said again step by step", () => {
    fc.assert(
      fc.property(policies, attemptsMade, fractions, failures, (policy, attempts, fraction, failure) => {
        const expected = expectedDelay(policy, attempts, fraction, failure);
        expect(nextRetryDelayMs(policy, attempts, fraction, failure)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is a whole number of milliseconds from 0 to an hour", () => {
    fc.assert(
      fc.property(policies, attemptsMade, fractions, failures, (policy, attempts, fraction, failure) => {
        const delay = nextRetryDelayMs(policy, attempts, fraction, failure) ?? 0;
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(RETRY_DELAY_MS_MAX);
      }),
    );
  });

  test("is never made shorter by what a server asks for", () => {
    fc.assert(
      fc.property(policies, attemptsMade, fractions, failures, (policy, attempts, fraction, failure) => {
        const patient = { ...policy, totalMs: Number.MAX_SAFE_INTEGER };
        const asked = nextRetryDelayMs(patient, attempts, fraction, failure);
        const unasked = nextRetryDelayMs(patient, attempts, fraction, { ...failure, retryAfterMs: undefined });
        expect(asked === undefined).toBe(unasked === undefined);
        expect(asked ?? 0).toBeGreaterThanOrEqual(unasked ?? 0);
      }),
    );
  });

  test("never lets an attempt begin after the time limit", () => {
    fc.assert(
      fc.property(policies, attemptsMade, fractions, failures, (policy, attempts, fraction, failure) => {
        const delay = nextRetryDelayMs(policy, attempts, fraction, failure);
        if (policy.totalMs === undefined || delay === undefined) return;
        expect(failure.sinceFirstMs + delay).toBeLessThanOrEqual(policy.totalMs);
      }),
    );
  });
});
