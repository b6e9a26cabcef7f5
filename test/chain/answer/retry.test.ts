import { describe, expect, test } from "vitest";
import {
  RETRY_DELAY_MS_MAX,
  attemptTimeoutMs,
  isRepeatedInDoubt,
  nextRetryDelayMs,
  retryPolicy,
} from "../../../src/chain/answer/retry.ts";
import type { FailedAttempt } from "../../../src/chain/answer/retry.ts";
import { FAILURE_CLASSES } from "../../../src/model/retry.ts";
import type { FailureClass, RetryPolicy } from "../../../src/model/retry.ts";
import { HOUR_MS } from "../../../src/model/time.ts";
import { defaults, httpAction, jobOf } from "../job-fixtures.ts";

const policy: RetryPolicy = { retries: 3, delayMs: 3_000, backoff: 2 };

function failed(overrides: Partial<FailedAttempt> = {}): FailedAttempt {
  return { failureClass: "5xx", retryAfterMs: undefined, sinceFirstMs: 0, ...overrides };
}

describe("the pause before a retry", () => {
  test("grows by the backoff until no attempt is left", () => {
    const pauses = [1, 2, 3, 4].map((made) => nextRetryDelayMs(policy, made, 0, failed()));
    expect(pauses).toEqual([3_000, 6_000, 12_000, undefined]);
  });

  test("is never longer than an hour, whatever the policy says", () => {
    const steep = { retries: 100, delayMs: 3_000, backoff: 10 };
    expect(nextRetryDelayMs(steep, 100, 0.99, failed())).toBe(RETRY_DELAY_MS_MAX);
    expect(nextRetryDelayMs({ ...steep, maxDelayMs: 5 * HOUR_MS }, 100, 0, failed())).toBe(RETRY_DELAY_MS_MAX);
  });

  test("is never longer than the longest pause of the policy", () => {
    const pauses = [1, 2, 3].map((made) => nextRetryDelayMs({ ...policy, maxDelayMs: 5_000 }, made, 0.99, failed()));
    expect(pauses).toEqual([3_297, 5_000, 5_000]);
  });

  test.each([
    [undefined, 3_300],
    [0, 3_000],
    [0.5, 4_500],
    [1, 6_000],
  ])("is with a jitter of %o never longer than %i ms", (jitter, longest) => {
    const jittery = jitter === undefined ? policy : { ...policy, jitter };
    expect(nextRetryDelayMs(jittery, 1, 0, failed())).toBe(3_000);
    expect(nextRetryDelayMs(jittery, 1, 0.999_999_9, failed())).toBe(longest);
  });

  test("is as long as the server asks for where that is longer, up to the longest pause", () => {
    const pause = (retryAfterMs: number, maxDelayMs?: number) =>
      nextRetryDelayMs(
        { ...policy, ...(maxDelayMs === undefined ? {} : { maxDelayMs }) },
        1,
        0,
        failed({ retryAfterMs }),
      );
    expect(pause(1_000)).toBe(3_000);
    expect(pause(90_000)).toBe(90_000);
    expect(pause(90_000, 60_000)).toBe(60_000);
    expect(pause(Number.MAX_SAFE_INTEGER)).toBe(HOUR_MS);
  });

  test("is the last one that lets the next attempt begin within the time limit", () => {
    const limited = { ...policy, totalMs: 10_000 };
    expect(nextRetryDelayMs(limited, 1, 0, failed({ sinceFirstMs: 7_000 }))).toBe(3_000);
    expect(nextRetryDelayMs(limited, 1, 0, failed({ sinceFirstMs: 7_001 }))).toBeUndefined();
    expect(nextRetryDelayMs(limited, 1, 0, failed({ retryAfterMs: 10_001 }))).toBeUndefined();
  });
});

describe("what is repeated", () => {
  const repeated = (on?: readonly FailureClass[]) =>
    FAILURE_CLASSES.filter((failureClass) => {
      const asked = on === undefined ? policy : { ...policy, on };
      return nextRetryDelayMs(asked, 1, 0, failed({ failureClass })) !== undefined;
    });

  test("is everything but an answer that breaks a rule, where a policy says nothing", () => {
    expect(repeated()).toEqual(["network", "timeout", "5xx", "429", "4xx", "3xx"]);
  });

  test.each([[["network", "timeout"]], [["5xx", "429"]], [["expect"]], [[]]] as const)(
    "is %j alone, where a policy says so",
    (on) => expect(repeated(on)).toEqual(on),
  );

  test("is never what our own policy refused", () => {
    const everything = { ...policy, on: FAILURE_CLASSES };
    expect(nextRetryDelayMs(everything, 1, 0, failed({ failureClass: undefined }))).toBeUndefined();
  });
});

describe("an attempt whose answer nobody will ever know", () => {
  test("is repeated while attempts and time are left, where answers that do not come are", () => {
    expect([1, 2, 3, 4].map((made) => isRepeatedInDoubt(policy, made, 0))).toEqual([true, true, true, false]);
    expect(isRepeatedInDoubt({ ...policy, totalMs: 1_000 }, 1, 1_000)).toBe(true);
    expect(isRepeatedInDoubt({ ...policy, totalMs: 1_000 }, 1, 1_001)).toBe(false);
  });

  test.each([
    [["network"], true],
    [["timeout", "5xx"], true],
    [["5xx", "429", "4xx", "expect"], false],
    [[], false],
  ] as const)("is with retries on %j repeated: %o", (on, isRepeated) => {
    expect(isRepeatedInDoubt({ ...policy, on }, 1, 0)).toBe(isRepeated);
  });
});

describe("what an action does not say", () => {
  test("about retries comes from the job, then from the config, field by field", () => {
    const action = httpAction({ retry: { backoff: 3, on: ["expect"] } });
    const job = jobOf([action], { retry: { retries: 9, backoff: 4, maxDelayMs: 60_000, on: ["5xx"] } });
    const config = { ...defaults, retry: { ...defaults.retry, jitter: 0.5, maxDelayMs: 1, totalMs: 7 } };
    expect(retryPolicy(action, job, config)).toEqual({
      retries: 9,
      delayMs: 3_000,
      backoff: 3,
      maxDelayMs: 60_000,
      jitter: 0.5,
      on: ["expect"],
      totalMs: 7,
    });
  });

  test("about time comes from the job, then from the config", () => {
    const action = httpAction();
    expect(attemptTimeoutMs(httpAction({ timeoutMs: 500 }), jobOf([], { timeoutMs: 2_000 }), defaults)).toBe(500);
    expect(attemptTimeoutMs(action, jobOf([], { timeoutMs: 2_000 }), defaults)).toBe(2_000);
    expect(attemptTimeoutMs(action, jobOf([]), defaults)).toBe(10_000);
  });
});
