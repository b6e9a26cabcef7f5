import { describe, expect, test } from "vitest";
import type { HttpOutcome } from "../../../src/ports/http-client.ts";
import { stepKey } from "../../../src/model/run.ts";
import type { StepKey } from "../../../src/model/run.ts";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { forEach, fromPath, request } from "./actions.ts";

const once = { retries: 0 };
const read = request("read", { url: "http://target.test/{{vars.item}}", retry: once });
const key = (text: string) => text as StepKey;

describe("a for_each", () => {
  test("makes its steps for each item in turn and counts how they ended", async () => {
    const harness = createHarness(jobOf([forEach(["a", "b"], [read]), request("after")]));
    expect(await harness.start()).toMatchObject({ outcome: "ended", end: { status: "ok" } });
    expect(harness.sent.map((it) => it.url)).toEqual([
      "http://target.test/a",
      "http://target.test/b",
      "http://target.test/after",
    ]);
    expect(harness.stored[0]).toMatchObject({ status: "ok", items: { total: 2, ok: 2, failed: 0, skipped: 0 } });
  });

  test("without items is ok and sends nothing", async () => {
    const harness = createHarness(jobOf([forEach([], [read])]));
    expect(await harness.start()).toMatchObject({ end: { status: "ok" } });
    expect(harness.sent).toEqual([]);
    expect(harness.stored[0]).toMatchObject({ status: "ok", items: { total: 0 } });
  });

  test("goes on with the other items when one fails, then fails and says which", async () => {
    const harness = createHarness(jobOf([forEach(["a", "b", "c"], [read, request("then", { retry: once })])]));
    harness.respondBy((it) => answer(it.url.endsWith("/b") ? 403 : 200));
    expect(await harness.start()).toMatchObject({
      end: {
        status: "error",
        reason: 'step 1 "items" failed: 1 of 3 items failed; the first: item 2 "b": step 1 "read" failed: HTTP 403',
      },
    });
    expect(harness.sent).toHaveLength(5);
    expect(harness.records.get(key("0/1"))).toMatchObject({ name: "b", status: "error", statusCode: 403 });
  });

  test("whose failures may be goes on", async () => {
    const list = forEach(["a"], [read], { continueOnFailure: true });
    const harness = createHarness(jobOf([list, request("after")]));
    harness.answerWith(answer(500));
    expect(await harness.start()).toMatchObject({ end: { status: "ok" } });
    expect(harness.stored.map((step) => step.status)).toEqual(["error", "ok"]);
  });

  test("keeps of an ended item its own record alone", async () => {
    const harness = createHarness(jobOf([forEach(["a", "b"], [read, request("then")])]));
    await harness.start();
    expect([...harness.records.keys()].sort()).toEqual(["0", "0/0", "0/1"]);
  });

  test("has as many items under way as it says, and no more", async () => {
    const open: ((outcome: HttpOutcome) => void)[] = [];
    const harness = createHarness(jobOf([forEach(["a", "b", "c"], [read], { concurrency: 2 })]));
    harness.respondBy(() => new Promise((resolve) => open.push(resolve)));
    const ended = harness.start();
    await expect.poll(() => open.length).toBe(2);
    open[1]?.(answer(200));
    await expect.poll(() => open.length).toBe(3);
    expect(harness.sent.map((it) => it.url.at(-1))).toEqual(["a", "b", "c"]);
    open[0]?.(answer(200));
    open[2]?.(answer(200));
    expect(await ended).toMatchObject({ end: { status: "ok" } });
  });

  test("within another has no more than 200 others under way in the whole run, and about so many as long as it can", async () => {
    const open: ((outcome: HttpOutcome) => void)[] = [];
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    const inner = forEach(numbers, [read], { concurrency: 100 });
    const harness = createHarness(jobOf([forEach(numbers.slice(0, 10), [inner], { concurrency: 10 })]));
    harness.respondBy(() => new Promise((resolve) => open.push(resolve)));
    const ended = harness.start();
    for (let left = 600; left > 0; ) {
      await expect.poll(() => open.length).toBeGreaterThanOrEqual(Math.min(left, 190));
      // The first of a for_each takes the place of whoever walks it.
      expect(open.length).toBeLessThanOrEqual(201);
      left -= open.length;
      for (const respond of open.splice(0)) respond(answer(200));
    }
    expect(await ended).toMatchObject({ end: { status: "ok" } });
    expect(harness.stored[0]).toMatchObject({ items: { total: 10, ok: 10 } });
  });

  test("stores the intents of items that begin together in one write, and sends none before", async () => {
    const harness = createHarness(jobOf([forEach(["a", "b", "c"], [read], { concurrency: 3 })]));
    await harness.start();
    const [first, ...rest] = harness.story;
    expect(first).toContain("read sending 1, b running 0, read sending 1");
    expect(rest.slice(0, 3).every((it) => it.startsWith("sent"))).toBe(true);
  });

  test("takes its items from what a step before it captured", async () => {
    const list = request("list", { capture: { ids: fromPath("$.items[*].id") } });
    const harness = createHarness(jobOf([list, forEach("{{vars.ids}}", [read])]));
    harness.answerWith(answer(200, '{"items":[{"id":7},{"id":9007199254740993}]}'));
    await harness.start();
    expect(harness.sent.slice(1).map((it) => it.url)).toEqual([
      "http://target.test/7",
      "http://target.test/9007199254740993",
    ]);
  });

  test("of something that is no list fails before anything is sent", async () => {
    const harness = createHarness(jobOf([forEach("{{run.id}}", [read])]));
    expect(await harness.start()).toMatchObject({
      end: { status: "error", reason: expect.stringContaining('"in" must give a list') },
    });
    expect(harness.sent).toEqual([]);
  });

  test("keeps what its items capture apart", async () => {
    const submit = request("submit", { capture: { id: fromPath("$.id") } });
    const poll = request("poll", { url: "http://target.test/{{vars.item}}/{{vars.id}}" });
    const harness = createHarness(jobOf([forEach(["a", "b"], [submit, poll], { concurrency: 2 })]));
    let ids = 0;
    harness.respondBy((it) => answer(200, it.url.endsWith("submit") ? `{"id":${++ids}}` : ""));
    await harness.start();
    const polled = harness.sent.map((it) => it.url).filter((it) => !it.endsWith("submit"));
    expect(polled.sort()).toEqual(["http://target.test/a/1", "http://target.test/b/2"]);
  });

  test("cleans up after each item that failed, and after each item", async () => {
    const list = forEach(["a", "b"], [read], {
      onFailure: [request("cancel", { url: "http://target.test/cancel/{{vars.item}}" })],
      finally: [request("clean", { url: "http://target.test/clean/{{vars.item}}" })],
    });
    const harness = createHarness(jobOf([list]));
    harness.respondBy((it) => answer(it.url.endsWith("test/a") ? 500 : 200));
    await harness.start();
    expect(harness.sent.map((it) => it.url.replace("http://target.test/", ""))).toEqual([
      "a",
      "cancel/a",
      "clean/a",
      "b",
      "clean/b",
    ]);
  });
});

describe("a for_each that another agent goes on with", () => {
  test("leaves ended items ended and goes on with those in the middle", async () => {
    const list = forEach(["a", "b", "c"], [read, request("then", { retry: once })]);
    const before = createHarness(jobOf([list]));
    before.acknowledgeBy((change) =>
      change.steps.some((step) => step.name === "then" && step.parent === "0/1") ? "lost" : "stored",
    );
    expect(await before.start()).toEqual({ outcome: "left" });
    const after = createHarness(jobOf([list]));
    await after.start({ steps: [...before.records.values()] }, { intentIsFresh: false });
    expect(after.sent.map((it) => it.url.replace("http://target.test/", ""))).toEqual(["c", "then"]);
    expect(after.stored[0]).toMatchObject({ status: "error", items: { ok: 2, failed: 1, total: 3 } });
    expect(after.records.get(key("0/1"))).toMatchObject({ status: "unknown" });
  });

  test("stores the end of an item although others wait for long", async () => {
    const slow = request("slow", {
      url: "http://target.test/{{vars.item}}",
      retry: { retries: 1, delayMs: 3_600_000 },
    });
    const harness = createHarness(
      jobOf([forEach(["a", "b"], [slow], { concurrency: 2 })], { runTimeoutMs: 86_400_000 }),
    );
    harness.respondBy((it) => answer(it.url.endsWith("a") ? 500 : 200));
    const ended = harness.start();
    await expect.poll(() => harness.records.get(key("0/1"))?.status).toBe("ok");
    expect(harness.records.get(key("0/0/0"))).toMatchObject({ status: "waiting" });
    harness.respondBy(() => answer(200));
    await harness.clock.advance(4_000_000);
    expect(await ended).toMatchObject({ end: { status: "ok" } });
  });
});

test("the steps of a run keep their keys apart", () => {
  expect(stepKey({ index: 2 })).toBe("2");
  expect(stepKey({ index: 0, parent: key("2/17") })).toBe("2/17/0");
});
