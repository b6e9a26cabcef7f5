import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstIntent } from "../../src/chain/first-intent.ts";
import { guardHolds } from "../../src/chain/guard.ts";
import { judge } from "../../src/chain/judge.ts";
import { createRedactor } from "../../src/chain/redact.ts";
import { RETRY_DELAY_MS_MAX, attemptTimeoutMs, nextRetryDelayMs, retryPolicy } from "../../src/chain/retry.ts";
import { stepName } from "../../src/chain/step-name.ts";
import { createStepTexts } from "../../src/chain/step-text.ts";
import { answer, failure } from "./chain-harness.ts";
import { defaults, httpAction, jobOf, runOf } from "./job-fixtures.ts";

describe("the pause before a retry", () => {
  const policy = { retries: 3, delayMs: 3_000, backoff: 2 };

  test("grows by the backoff until no attempt is left", () => {
    expect([1, 2, 3, 4].map((made) => nextRetryDelayMs(policy, made, 0))).toEqual([3_000, 6_000, 12_000, undefined]);
  });

  test("is never longer than an hour", () => {
    expect(nextRetryDelayMs({ retries: 100, delayMs: 3_000, backoff: 10 }, 100, 0.99)).toBe(RETRY_DELAY_MS_MAX);
  });

  test("is at most a tenth longer by chance", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (jitter) => {
        const delay = nextRetryDelayMs(policy, 1, jitter) ?? 0;
        expect(delay).toBeGreaterThanOrEqual(3_000);
        expect(delay).toBeLessThanOrEqual(3_300);
      }),
    );
  });
});

test("what an action does not say about retries and time comes from the job, then from the config", () => {
  const action = httpAction({ retry: { backoff: 3 } });
  const job = jobOf([action], { retry: { retries: 9, backoff: 4 }, timeoutMs: 2_000 });
  expect(retryPolicy(action, job, defaults)).toEqual({ retries: 9, delayMs: 3_000, backoff: 3 });
  expect(attemptTimeoutMs(action, job, defaults)).toBe(2_000);
  expect(attemptTimeoutMs(httpAction({ timeoutMs: 500 }), job, defaults)).toBe(500);
  expect(attemptTimeoutMs(action, jobOf([action]), defaults)).toBe(10_000);
});

describe("an answer", () => {
  test.each([200, 204, 299])("of %i is ok", (status) => expect(judge(answer(status)).kind).toBe("ok"));
  test.each([101, 301, 304, 404, 500, 999])("of %i has failed", (status) => {
    expect(judge(answer(status))).toEqual({
      kind: "failed",
      statusCode: status,
      error: `HTTP ${status}`,
      mayRetry: true,
    });
  });
  test("that never came has failed in the words of the client", () => {
    expect(judge(failure("timeout", "timed out after 10 s"))).toMatchObject({
      error: "timed out after 10 s",
      mayRetry: true,
    });
  });
});

describe("a guard", () => {
  const at = { hour: 9, minute: 30 };
  test("holds when both parts do, and what is left out always does", () => {
    expect(guardHolds({ hourIn: undefined, minuteIn: undefined }, at)).toBe(true);
    expect(guardHolds({ hourIn: [9], minuteIn: [0, 30] }, at)).toBe(true);
    expect(guardHolds({ hourIn: [9], minuteIn: [0] }, at)).toBe(false);
    expect(guardHolds({ hourIn: [], minuteIn: undefined }, at)).toBe(false);
  });
});

test("a claim carries the skipped steps at its beginning and the intent of the first that applies", () => {
  const skipped = httpAction({ name: "never", when: { hourIn: [3], minuteIn: undefined } });
  const steps = firstIntent(jobOf([skipped, httpAction({ name: "a" }), httpAction({ name: "b" })]), runOf([]));
  expect(steps.map((step) => [step.index, step.name, step.status, step.attempts])).toEqual([
    [0, "never", "skipped_when", 0],
    [1, "a", "sending", 1],
  ]);
});

describe("the name of a step", () => {
  test.each([
    [{ name: "login" }, "login"],
    [{ method: "POST" as const, url: "https://api.test/v1/login?token={{T}}#x" }, "POST api.test/v1/login"],
    [{ url: "{{BASE_URL}}/items/" }, "GET {{BASE_URL}}/items"],
    [{ url: "http://user:pw@api.test/" }, "GET api.test"],
    [{ url: "?" }, "step 1"],
  ])("of %o is %s", (overrides, expected) => expect(stepName(httpAction(overrides), 0)).toBe(expected));
});

describe("a response sample", () => {
  const texts = (steps: number) => createStepTexts(createRedactor(new Map([["K", "s3cr3t"]])), steps);

  test("is redacted before it is cut", () => {
    expect(texts(1).sample(`${"x".repeat(1_998)}s3cr3t`, false)).toBe(`${"x".repeat(1_998)}[s`);
  });

  test("shows no beginning of a secret at which its body was cut off, however it is written", () => {
    const secret = "GHJKMQVWXZ-secret-value";
    const spellings = [
      secret,
      Buffer.from(secret).toString("hex"),
      Buffer.from(secret).toString("base64"),
      Array.from(secret, (it) => `%${it.charCodeAt(0).toString(16)}`).join(""),
      Array.from(secret, (it) => `&#${it.charCodeAt(0)};`).join(""),
    ];
    const { sample } = createStepTexts(createRedactor(new Map([["K", secret]])), 1);
    for (const spelling of spellings) {
      for (let cutAt = 1; cutAt <= spelling.length; cutAt++) {
        const kept = sample(`${"-".repeat(1_500)}${spelling.slice(0, cutAt)}`, true);
        expect(kept).toMatch(/^-{500,}$/);
      }
      // Where the end is left out, a whole secret is not cut in turn.
      for (let after = 0; after < 900; after++) {
        const kept = sample(`${"-".repeat(1_000)}${spelling}${"-".repeat(after)}`, true);
        expect(kept).toMatch(/^-*(\[secret K\]=?-*)?$/);
      }
    }
  });

  test("of a body that was cut far behind it is as long as any", () => {
    expect(texts(1).sample("x".repeat(4_096), true)).toBe("x".repeat(2_000));
  });

  test("cuts no character in two", () => {
    expect(texts(1).sample(`${"x".repeat(1_999)}😀`, false)).toBe("x".repeat(1_999));
  });

  test("is valid Unicode and keeps control characters except NUL", () => {
    expect(texts(1).sample("a\ud800b\u0000\u001b[31m\n", false)).toBe("a\u{fffd}b\u{fffd}\u001b[31m\n");
  });

  test("of all steps together stays under a megabyte, however many there are", () => {
    for (const steps of [1, 100, 400, 5_000]) {
      const bytes = Buffer.byteLength(
        texts(steps).sample("가".repeat(3_000), false) + texts(steps).error("가".repeat(3_000)),
      );
      expect(bytes * steps).toBeLessThanOrEqual(500_000);
    }
  });
});
