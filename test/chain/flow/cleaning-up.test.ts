import { describe, expect, test } from "vitest";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { forEach, request, sleep } from "./actions.ts";

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
