import { describe, expect, test } from "vitest";
import type { Step } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { failure } from "./answer/responses.ts";
import { answer, createHarness } from "./chain-harness.ts";
import { SCHEDULED_FOR, httpAction, jobOf } from "./job-fixtures.ts";

const never = { hourIn: [3], minuteIn: undefined };
const once = { retries: 0 };
const a = httpAction({ name: "a", url: "http://target.test/a" });
const b = httpAction({ name: "b", url: "http://target.test/b" });

describe("a run", () => {
  test("stores the result of each step together with the intent of the next", async () => {
    const harness = createHarness(jobOf([a, b]));
    const result = await harness.start();
    expect(result).toMatchObject({ outcome: "ended", end: { status: "ok", reason: undefined } });
    expect(harness.story).toEqual([
      "sent GET http://target.test/a",
      "stored a ok 1, b sending 1",
      "sent GET http://target.test/b",
      "stored b ok 1, end ok",
    ]);
  });

  test("records steps whose time does not hold and ends ok without sending when none applies", async () => {
    const harness = createHarness(
      jobOf([httpAction({ name: "a", when: never }), httpAction({ name: "b", when: never })]),
    );
    expect(harness.stored.map((step) => step.status)).toEqual(["skipped_when", "skipped_when"]);
    expect(await harness.start()).toMatchObject({ outcome: "ended", end: { status: "ok" } });
    expect(harness.sent).toEqual([]);
  });

  test("goes on behind a skipped step in the middle", async () => {
    const harness = createHarness(jobOf([a, httpAction({ name: "skipped", when: never }), b]));
    await harness.start();
    expect(harness.story[1]).toBe("stored a ok 1, skipped skipped_when 0, b sending 1");
  });

  test("fails with the step, the answer and the number of attempts, and leaves later steps out", async () => {
    const harness = createHarness(
      jobOf([httpAction({ name: "submit", method: "POST" }), b], { retry: { retries: 1 } }),
    );
    harness.answerWith(answer(503), answer(503));
    const ended = harness.start();
    await harness.clock.advance(3_000);
    const result = await ended;
    expect(result).toMatchObject({
      outcome: "ended",
      end: { status: "error", reason: 'step 1 "submit" failed: HTTP 503 after 2 attempts' },
    });
    expect(harness.stored).toHaveLength(1);
    expect(harness.stored[0]).toMatchObject({ status: "error", statusCode: 503, attempts: 2, error: "HTTP 503" });
  });

  test("goes on behind a failed step that says so, and ends ok", async () => {
    const harness = createHarness(jobOf([httpAction({ name: "a", continueOnFailure: true, retry: once }), b]));
    harness.answerWith(answer(500));
    expect(await harness.start()).toMatchObject({ end: { status: "ok" } });
    expect(harness.stored.map((step) => step.status)).toEqual(["error", "ok"]);
  });

  test("does not repeat what our own policy refused", async () => {
    const harness = createHarness(jobOf([a]));
    harness.answerWith(failure("refused", "169.254.169.254 is refused"));
    expect(await harness.start()).toMatchObject({ end: { reason: 'step 1 "a" failed: 169.254.169.254 is refused' } });
    expect(harness.sent).toHaveLength(1);
  });

  test("keeps no secret that an answer or an error reflects", async () => {
    const harness = createHarness(jobOf([httpAction({ name: "a", retry: once, headers: { "X-Key": "{{API_KEY}}" } })]));
    harness.respondBy((request) => answer(500, `you sent ${request.headers["X-Key"]}\u0000`));
    await harness.start();
    expect(harness.stored[0]?.responseSample).toBe("you sent [secret API_KEY]\u{fffd}");
  });
});

describe("a retry", () => {
  test("is stored as waiting until its time, and its intent again before it is sent", async () => {
    const harness = createHarness(jobOf([a]));
    harness.answerWith(answer(500), failure("timeout", "timed out after 10 s"));
    const ended = harness.start();
    await harness.clock.advance(2_999);
    expect(harness.story).toEqual(["sent GET http://target.test/a", "stored a waiting 1"]);
    expect(harness.stored[0]).toMatchObject({ error: "HTTP 500", nextAttemptAt: SCHEDULED_FOR + 3_000 });
    await harness.clock.advance(1 + 5_999);
    expect(harness.sent).toHaveLength(2);
    await harness.clock.advance(1);
    await ended;
    expect(harness.story.slice(2)).toEqual([
      "stored a sending 2",
      "sent GET http://target.test/a",
      "stored a waiting 2",
      "stored a sending 3",
      "sent GET http://target.test/a",
      "stored a ok 3, end ok",
    ]);
  });

  test("carries the same idempotency key and another attempt number", async () => {
    const harness = createHarness(jobOf([httpAction({ retry: { delayMs: 0 } })]));
    harness.answerWith(answer(500));
    await harness.start();
    expect(harness.sent.map((request) => request.headers["Idempotency-Key"])).toEqual(
      Array(2).fill("job1|2026-11-21T05:30Z|fleet:0"),
    );
    expect(harness.sent.map((request) => request.headers["X-FleetCron-Attempt"])).toEqual(["1", "2"]);
  });

  test("without a pause needs no write of its own", async () => {
    const harness = createHarness(jobOf([httpAction({ name: "a", retry: { delayMs: 0 } })]));
    harness.answerWith(answer(500));
    await harness.start();
    expect(harness.story).toEqual([
      "sent GET http://target.test/",
      "stored a sending 2",
      "sent GET http://target.test/",
      "stored a ok 2, end ok",
    ]);
  });
});

describe("a template that nothing defines", () => {
  const broken = httpAction({ name: "broken", url: "{{BASE}}/x" });

  test("row 19: fails the step before anything is sent and costs no attempt", async () => {
    const harness = createHarness(jobOf([broken]));
    const result = await harness.start();
    expect(harness.sent).toEqual([]);
    expect(harness.stored[0]).toMatchObject({ status: "error", attempts: 0 });
    expect(result).toMatchObject({
      end: { status: "error", reason: expect.stringContaining("{{BASE}} is not among the secrets") },
    });
  });

  test("in a later step stores no intent", async () => {
    const harness = createHarness(jobOf([a, broken]));
    await harness.start();
    expect(harness.story).toEqual(["sent GET http://target.test/a", "stored a ok 1, broken error 0, end error"]);
  });
});

describe("a run taken over", () => {
  const inDoubt = (attempts: number): Step => ({
    index: 0,
    name: "a",
    status: "sending",
    attempts,
    statusCode: undefined,
    elapsedMs: undefined,
    responseSample: undefined,
    error: undefined,
    nextAttemptAt: undefined,
  });

  test("goes on with the next attempt of the step in doubt", async () => {
    const harness = createHarness(jobOf([a]));
    await harness.start({ steps: [inDoubt(1)] }, { intentIsFresh: false });
    expect(harness.story).toEqual(["stored a sending 2", "sent GET http://target.test/a", "stored a ok 2, end ok"]);
  });

  test("ends unknown when the step in doubt has no attempt left", async () => {
    const harness = createHarness(jobOf([httpAction({ name: "a", retry: once }), b]));
    const result = await harness.start({ steps: [inDoubt(1)] }, { intentIsFresh: false });
    expect(harness.story).toEqual(["stored a unknown 1, end unknown"]);
    expect(result).toMatchObject({
      end: { reason: 'step 1 "a": its agent was lost before an answer came, and no attempt is left' },
    });
  });

  test("goes on behind an unknown step that may fail", async () => {
    const harness = createHarness(jobOf([httpAction({ name: "a", retry: once, continueOnFailure: true }), b]));
    const result = await harness.start({ steps: [inDoubt(1)] }, { intentIsFresh: false });
    expect(harness.story[0]).toBe("stored a unknown 1, b sending 1");
    expect(result).toMatchObject({ end: { status: "ok" } });
  });

  test("keeps to the time of a waiting step", async () => {
    const harness = createHarness(jobOf([a]));
    const waiting: Step = { ...inDoubt(1), status: "waiting", nextAttemptAt: (SCHEDULED_FOR + 5_000) as EpochMs };
    const ended = harness.start({ steps: [waiting] }, { intentIsFresh: false });
    await harness.clock.advance(4_999);
    expect(harness.story).toEqual([]);
    await harness.clock.advance(1);
    await ended;
    expect(harness.story[0]).toBe("stored a sending 2");
  });

  test("leaves finished steps finished", async () => {
    const harness = createHarness(jobOf([a, b]));
    await harness.start({ steps: [{ ...inDoubt(1), status: "ok" }] }, { intentIsFresh: false });
    expect(harness.sent.map((request) => request.url)).toEqual(["http://target.test/b"]);
  });

  test("whose cancelling was asked for ends cancelled without sending", async () => {
    const harness = createHarness(jobOf([a]));
    const result = await harness.start({ steps: [inDoubt(1)], cancelRequested: true }, { intentIsFresh: false });
    expect(harness.story).toEqual(["stored a unknown 1, end cancelled"]);
    expect(result).toMatchObject({ end: { status: "cancelled" } });
  });
});

describe("an agent that may not go on", () => {
  test("sends nothing when its session is over, and writes nothing", async () => {
    const harness = createHarness(jobOf([a]), { maySend: async () => false });
    expect(await harness.start()).toEqual({ outcome: "left" });
    expect(harness.story).toEqual([]);
  });

  test("leaves a run that another holds", async () => {
    const harness = createHarness(jobOf([a, b]));
    harness.acknowledgeBy(() => "lost");
    expect(await harness.start()).toEqual({ outcome: "left" });
    expect(harness.sent).toHaveLength(1);
  });

  test("that stops stores a result without a further intent", async () => {
    let isStopping = false;
    const harness = createHarness(jobOf([a, b]), { isStopping: () => isStopping });
    harness.respondBy(() => {
      isStopping = true;
      return answer(200);
    });
    expect(await harness.start()).toEqual({ outcome: "left" });
    expect(harness.story).toEqual(["sent GET http://target.test/a", "stored a ok 1"]);
  });

  test("that stops gives an unsent intent back, so that nothing is in doubt", async () => {
    const harness = createHarness(jobOf([httpAction({ name: "a", retry: once })]), { isStopping: () => true });
    expect(await harness.start()).toEqual({ outcome: "left" });
    expect(harness.story).toEqual(["stored a waiting 0"]);
  });

  test("that stops does not sit out a pause", async () => {
    let isStopping = false;
    let endPause = (): void => {};
    const pause = () =>
      new Promise<void>((resolve) => {
        endPause = resolve;
      });
    const harness = createHarness(jobOf([a]), { isStopping: () => isStopping, pause });
    harness.answerWith(answer(500));
    const left = harness.start();
    await harness.clock.advance(1_000);
    isStopping = true;
    endPause();
    expect(await left).toEqual({ outcome: "left" });
    expect(harness.story.at(-1)).toBe("stored a waiting 1");
  });
});

describe("a run stopped from outside", () => {
  const hang = (harness: ReturnType<typeof createHarness>): void =>
    harness.respondBy(
      (_request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            resolve({ kind: "failure", cause: "aborted", message: "the request was broken off", elapsedMs: 1 });
          });
        }),
    );

  test("ends cancelled with its request broken off", async () => {
    const harness = createHarness(jobOf([a, b]));
    hang(harness);
    const ended = harness.start();
    await harness.clock.advance(1);
    harness.control.abort("cancel");
    expect(await ended).toMatchObject({ end: { status: "cancelled", reason: "cancelled on request" } });
    expect(harness.stored[0]).toMatchObject({ status: "unknown", error: "cancelled before an answer came" });
  });

  test("ends with an error when its time is over", async () => {
    const harness = createHarness(jobOf([a], { runTimeoutMs: 90_000 }));
    harness.answerWith(answer(500));
    const ended = harness.start();
    await harness.clock.advance(1_000);
    harness.control.abort("timeout");
    expect(await ended).toMatchObject({ end: { status: "error", reason: "run timed out after 90 s" } });
    expect(harness.stored[0]).toMatchObject({ status: "error", error: "HTTP 500", nextAttemptAt: undefined });
  });

  test("is left without a write when it is abandoned", async () => {
    const harness = createHarness(jobOf([a]));
    hang(harness);
    const left = harness.start();
    await harness.clock.advance(1);
    harness.control.abort("abandon");
    expect(await left).toEqual({ outcome: "left" });
    expect(harness.changes).toEqual([]);
  });

  test("ends cancelled when the store says that this was asked for, and sends no further step", async () => {
    const harness = createHarness(jobOf([a, b]));
    harness.acknowledgeBy((change) => (change.end?.status === "cancelled" ? "stored" : "cancel_requested"));
    expect(await harness.start()).toMatchObject({ end: { status: "cancelled" } });
    expect(harness.story).toEqual([
      "sent GET http://target.test/a",
      "cancel_requested a ok 1, b sending 1",
      "stored a ok 1, b error 0, end cancelled",
    ]);
  });

  test("ends cancelled even when it was done", async () => {
    const harness = createHarness(jobOf([a]));
    harness.acknowledgeBy((change) => (change.end?.status === "cancelled" ? "stored" : "cancel_requested"));
    expect(await harness.start()).toMatchObject({ end: { status: "cancelled" } });
  });

  test("wakes up while it waits for the trust of its session", async () => {
    const harness = createHarness(jobOf([a]), { maySend: () => new Promise(() => {}) });
    const ended = harness.start();
    await harness.clock.advance(1);
    harness.control.abort("cancel");
    expect(await ended).toMatchObject({ end: { status: "cancelled" } });
    expect(harness.stored[0]).toMatchObject({ attempts: 0, error: "cancelled before it was sent" });
  });
});

test("a body that was cut off inside a secret leaves no piece of it in the sample", async () => {
  const harness = createHarness(jobOf([a]));
  harness.answerWith({
    kind: "response",
    status: 200,
    headers: {},
    body: `${"-".repeat(1_000)}s3cr3t-k`,
    truncated: true,
    elapsedMs: 5,
  });
  await harness.start();
  expect(harness.stored[0]?.responseSample).toMatch(/^-+$/);
});
