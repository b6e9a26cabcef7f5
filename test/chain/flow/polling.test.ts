import { describe, expect, test } from "vitest";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { fromPath, request } from "./actions.ts";

const poll = request("poll", {
  until: {
    rules: { json: [{ path: "$.state", matcher: { in: ["complete", "cancelled"] } }] },
    everyMs: 30_000,
    timeoutMs: 3_600_000,
  },
  expect: { json: [{ path: "$.exit_status", matcher: { equals: 0 } }] },
  capture: { state: fromPath("$.state") },
  retry: { retries: 0 },
});
const job = jobOf([poll, request("after", { url: "http://target.test/{{vars.state}}" })], { runTimeoutMs: 86_400_000 });

describe("what is expected of a request that is polled", () => {
  test("is expected of the answer that ends it, not of those before", async () => {
    const harness = createHarness(job);
    harness.answerWith(
      answer(204),
      answer(200, '{"state":"running"}'),
      answer(200, '{"state":"complete","exit_status":0}'),
    );
    const ended = harness.start();
    await harness.clock.advance(60_000);
    expect(await ended).toMatchObject({ end: { status: "ok" } });
    expect(harness.stored[0]).toMatchObject({ status: "ok", polls: 2, attempts: 1, values: { state: "complete" } });
    expect(harness.sent.at(-1)?.url).toBe("http://target.test/complete");
  });

  test("fails the step when the answer that ends it breaks a rule, and keeps that answer", async () => {
    const harness = createHarness(job);
    harness.answerWith(answer(204), answer(200, '{"state":"complete","exit_status":2}'));
    const ended = harness.start();
    await harness.clock.advance(30_000);
    expect(await ended).toMatchObject({
      end: { status: "error", reason: 'step 1 "poll" failed: HTTP 200, but $.exit_status is 2, expected 0' },
    });
    expect(harness.stored[0]).toMatchObject({
      statusCode: 200,
      responseSample: '{"state":"complete","exit_status":2}',
    });
  });

  test("is a good status each time", async () => {
    const harness = createHarness(job);
    harness.answerWith(answer(204), answer(403));
    const ended = harness.start();
    await harness.clock.advance(30_000);
    expect(await ended).toMatchObject({ end: { status: "error", reason: 'step 1 "poll" failed: HTTP 403' } });
  });
});
