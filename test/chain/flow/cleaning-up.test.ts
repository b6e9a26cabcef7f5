import { describe, expect, test } from "vitest";
import type { RunChange } from "../../../src/model/run.ts";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { intentStep } from "../../../src/chain/record/step.ts";
import { isStepOver } from "../../../src/model/step-status.ts";
import { forEach, fromPath, request, sleep } from "./actions.ts";

const once = { retries: 0 };
const paths = (harness: ReturnType<typeof createHarness>) =>
  harness.sent.map((it) => new URL(it.url).pathname.slice(1));

describe("on_failure and finally", () => {
  const job = jobOf([request("work", { retry: once }), request("more")], {
    onFailure: [request("alert")],
    finally: [request("unlock", { retry: once }), request("close")],
  });

  test("after a failure both are done, and the run fails for the step that failed first", async () => {
    const harness = createHarness(job);
    harness.respondBy((it) => answer(it.url.endsWith("work") ? 500 : 200));
    expect(await harness.start()).toMatchObject({ end: { status: "error", reason: 'step 1 "work" failed: HTTP 500' } });
    expect(paths(harness)).toEqual(["work", "alert", "unlock", "close"]);
    expect(harness.stored.filter(Boolean).map((it) => [it.index, it.part])).toEqual([
      [0, undefined],
      [2, "on_failure"],
      [3, "finally"],
      [4, "finally"],
    ]);
  });

  test("after success only finally is done", async () => {
    const harness = createHarness(job);
    expect(await harness.start()).toMatchObject({ end: { status: "ok" } });
    expect(paths(harness)).toEqual(["work", "more", "unlock", "close"]);
  });

  test("a step of finally that fails keeps no other from being done, and fails a run that was good", async () => {
    const harness = createHarness(job);
    harness.respondBy((it) => answer(it.url.endsWith("unlock") ? 500 : 200));
    expect(await harness.start()).toMatchObject({
      end: { status: "error", reason: expect.stringContaining("unlock") },
    });
    expect(paths(harness)).toEqual(["work", "more", "unlock", "close"]);
  });
});

describe("a run that is stopped from outside", () => {
  const job = jobOf([sleep({ for: 50_000 }), request("never")], {
    runTimeoutMs: 60_000,
    onFailure: [request("alert")],
    finally: [request("unlock")],
  });

  test("by a cancel is cleaned up after although its flag is set, and ends cancelled", async () => {
    const harness = createHarness(job);
    const ended = harness.start();
    await expect.poll(() => harness.story.length).toBe(1);
    harness.acknowledgeBy((change) =>
      change.despiteCancel === true || change.end?.status === "cancelled" ? "stored" : "cancel_requested",
    );
    harness.control.abort("cancel");
    expect(await ended).toMatchObject({ end: { status: "cancelled" } });
    expect(paths(harness)).toEqual(["unlock"]);
    expect(harness.stored[0]).toMatchObject({ status: "error", error: "cancelled while it waited" });
  });

  test("by its time limit is a failure, and is cleaned up after", async () => {
    const harness = createHarness(job);
    const ended = harness.start();
    await expect.poll(() => harness.story.length).toBe(1);
    harness.control.abort("timeout");
    expect(await ended).toMatchObject({ end: { status: "error", reason: "run timed out after 60 s" } });
    expect(paths(harness)).toEqual(["alert", "unlock"]);
  });

  test("cleans up in each item under way, and begins no other", async () => {
    const list = forEach(["a", "b"], [request("submit"), sleep({ for: 50_000 })], {
      finally: [request("undo", { url: "http://target.test/undo/{{vars.item}}" })],
    });
    const harness = createHarness(jobOf([list]));
    const ended = harness.start();
    await expect.poll(() => harness.story.length).toBe(3);
    harness.control.abort("cancel");
    expect(await ended).toMatchObject({ end: { status: "cancelled" } });
    expect(paths(harness)).toEqual(["submit", "undo/a"]);
    expect(harness.stored[0]).toMatchObject({ status: "error", items: { failed: 1, total: 2 } });
  });

  test("stops cleaning up when the time for it is over", async () => {
    const limit = new AbortController();
    const harness = createHarness(job, { openCleaning: () => ({ signal: limit.signal, release: () => {} }) });
    const ended = harness.start();
    await expect.poll(() => harness.story.length).toBe(1);
    harness.respondBy((_, signal) => {
      queueMicrotask(() => limit.abort("timeout"));
      return new Promise((resolve) => {
        signal.addEventListener("abort", () =>
          resolve({ kind: "failure", cause: "aborted", message: "broken off", elapsedMs: 1 }),
        );
      });
    });
    harness.control.abort("cancel");
    expect(await ended).toMatchObject({ end: { status: "cancelled" } });
    expect(harness.stored.at(-1)).toMatchObject({ name: "unlock", status: "unknown" });
  });
});

describe("what cleans up already when its run is stopped from outside", () => {
  const twice = { retries: 1, delayMs: 1_000 };
  const isAccepted = (change: RunChange) => change.despiteCancel === true || change.end?.status === "cancelled";

  test("goes on with the attempts that it has left", async () => {
    const harness = createHarness(jobOf([request("work")], { finally: [request("unlock", { retry: twice })] }));
    harness.answerWith(answer(200), answer(503));
    const ended = harness.start();
    await expect.poll(() => harness.stored[1]?.status).toBe("waiting");
    harness.acknowledgeBy((change) => (isAccepted(change) ? "stored" : "cancel_requested"));
    harness.control.abort("cancel");
    await expect.poll(() => harness.clock.sleepers).toBe(1);
    await harness.clock.advance(1_000);
    expect(await ended).toMatchObject({ end: { status: "cancelled" } });
    expect(paths(harness)).toEqual(["work", "unlock", "unlock"]);
    expect(harness.stored[1]).toMatchObject({ status: "ok", attempts: 2 });
  });

  test("stores its intent again when that was refused because of a cancel, and sends it then", async () => {
    const harness = createHarness(jobOf([request("work")], { finally: [request("unlock", { retry: once })] }));
    harness.acknowledgeBy((change) => (isAccepted(change) ? "stored" : "cancel_requested"));
    expect(await harness.start()).toMatchObject({ end: { status: "cancelled" } });
    expect(paths(harness)).toEqual(["work", "unlock"]);
    expect(harness.story).toEqual([
      "sent GET http://target.test/work",
      "cancel_requested work ok 1, unlock sending 1",
      "stored work ok 1, unlock sending 1",
      "sent GET http://target.test/unlock",
      "stored unlock ok 1, end cancelled",
    ]);
  });

  test("sends yet what is stored and was kept from being sent, and stores it no second time", async () => {
    let asked = 0;
    const harness = createHarness(jobOf([request("work")], { finally: [request("unlock", { retry: once })] }), {
      maySend: () => (++asked === 2 ? new Promise(() => {}) : Promise.resolve(true)),
    });
    const ended = harness.start();
    await expect.poll(() => harness.stored[1]?.status).toBe("sending");
    harness.control.abort("cancel");
    expect(await ended).toMatchObject({ end: { status: "cancelled" } });
    expect(harness.story).toEqual([
      "sent GET http://target.test/work",
      "stored work ok 1, unlock sending 1",
      "sent GET http://target.test/unlock",
      "stored unlock ok 1, end cancelled",
    ]);
  });

  test("is not sent again when it was broken off and has no attempt left, and says so", async () => {
    const harness = createHarness(jobOf([request("work")], { finally: [request("unlock", { retry: once })] }));
    harness.respondBy((it, signal) => {
      if (it.url.endsWith("work")) return answer(200);
      queueMicrotask(() => harness.control.abort("cancel"));
      return new Promise((resolve) => {
        signal.addEventListener("abort", () =>
          resolve({ kind: "failure", cause: "aborted", message: "broken off", elapsedMs: 1 }),
        );
      });
    });
    expect(await harness.start()).toMatchObject({ end: { status: "cancelled" } });
    expect(paths(harness)).toEqual(["work", "unlock"]);
    expect(harness.stored[1]).toMatchObject({ status: "unknown", error: "it was broken off before an answer came" });
  });

  test.each(["cancel", "timeout"] as const)("goes on at another agent, after a %s", async (why) => {
    const list = forEach(["a", "b"], [request("free", { url: "http://target.test/free/{{vars.item}}", retry: twice })]);
    const job = jobOf([sleep({ for: 50_000 })], { finally: [list] });
    const before = createHarness(job);
    let sends = 0;
    before.respondBy(() => {
      if (++sends === 1) before.acknowledgeBy(() => "lost");
      return answer(200);
    });
    const left = before.start();
    await expect.poll(() => before.story.length).toBe(1);
    before.control.abort(why);
    expect(await left).toEqual({ outcome: "left" });
    expect(paths(before)).toEqual(["free/a"]);

    const after = createHarness(job);
    after.control.abort(why);
    const steps = [...before.records.values()];
    const ended = await after.start({ steps, cancelRequested: why === "cancel" }, { intentIsFresh: false });
    expect(ended).toMatchObject({ end: { status: why === "cancel" ? "cancelled" : "error" } });
    expect(after.sent.map((it) => [new URL(it.url).pathname, it.headers["X-FleetCron-Attempt"]])).toEqual([
      ["/free/a", "2"],
      ["/free/b", "1"],
    ]);
    expect(after.stored[1]).toMatchObject({ status: "ok", items: { total: 2, ok: 2 } });
  });
});

test("a run whose last step was broken off by its time limit ends in failure also at another agent", async () => {
  const job = jobOf([request("work", { continueOnFailure: true })], { onFailure: [request("alert")] });
  const work = { ...intentStep(request("work"), { index: 0 }, 1, undefined), status: "unknown" as const };
  const steps = [{ ...work, error: "the run timed out before an answer came" }];
  const harness = createHarness(job);
  harness.control.abort("timeout");
  expect(await harness.start({ steps }, { intentIsFresh: false })).toMatchObject({
    end: { status: "error", reason: "run timed out after 60 s" },
  });
  expect(paths(harness)).toEqual(["alert"]);
});

test("what is under way behind a step that had to be made again and failed is ended and cleaned up after", async () => {
  const login = request("login", { retry: once, capture: { token: fromPath("$.token", { sensitive: true }) } });
  const list = forEach(["a", "b"], [request("use", { headers: { Authorization: "{{vars.token}}" } })], {
    finally: [request("free", { url: "http://target.test/free/{{vars.item}}" })],
  });
  const job = jobOf([login, list], { onFailure: [request("alert")] });
  const before = createHarness(job);
  before.respondBy((it) => {
    if (it.url.endsWith("use")) before.acknowledgeBy(() => "lost");
    return answer(200, '{"token":"a-token"}');
  });
  expect(await before.start()).toEqual({ outcome: "left" });
  const after = createHarness(job);
  const ended = await after.start({ steps: [...before.records.values()] }, { intentIsFresh: false });
  expect(ended).toMatchObject({
    end: { status: "error", reason: expect.stringContaining("sensitive values were lost") },
  });
  expect(paths(after)).toEqual(["alert", "free/a"]);
  const open = [...after.records.values()].filter((it) => !isStepOver(it.status));
  expect(open).toEqual([]);
  expect(after.stored[1]).toMatchObject({
    status: "error",
    error: "broken off, as a step before it failed",
    items: { total: 2, failed: 1 },
  });
});

describe("a branch that is about to send when another one hears of a stop", () => {
  test.each(["cancel_requested", "lost"] as const)("sends nothing more: %s", async (outcome) => {
    const list = forEach(["a", "b"], [request("get", { url: "http://target.test/get/{{vars.item}}", retry: once })], {
      concurrency: 2,
    });
    let admit: (mayPass: boolean) => void = () => {};
    let asked = 0;
    const harness = createHarness(jobOf([list]), {
      maySend: () => (++asked === 2 ? new Promise((resolve) => (admit = resolve)) : Promise.resolve(true)),
    });
    harness.acknowledgeBy((change) => {
      const isRefused = change.steps.some((it) => it.status === "ok");
      return isRefused && change.end?.status !== "cancelled" && change.despiteCancel !== true ? outcome : "stored";
    });
    const ended = harness.start();
    await expect.poll(() => harness.story.filter((it) => it.startsWith(outcome))).toHaveLength(1);
    admit(true);
    expect((await ended).outcome).toBe(outcome === "lost" ? "left" : "ended");
    expect(paths(harness)).toEqual(["get/a"]);
  });
});
