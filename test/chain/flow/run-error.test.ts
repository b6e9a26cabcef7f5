import { describe, expect, test } from "vitest";
import { answer, createHarness } from "../chain-harness.ts";
import { jobOf } from "../job-fixtures.ts";
import { forEach, request, sleep } from "./actions.ts";

const once = { retries: 0 };
const alert = request("alert", { method: "POST", body: { why: "{{run.error}}" } });

async function bodies(harness: ReturnType<typeof createHarness>): Promise<unknown[]> {
  await harness.start();
  return harness.sent.filter((it) => it.url.endsWith("alert")).map((it) => JSON.parse(String(it.body)));
}

describe("why a chain failed", () => {
  test("is told to on_failure and finally, whichever step it was", async () => {
    const harness = createHarness(jobOf([request("work", { retry: once })], { onFailure: [alert], finally: [alert] }));
    harness.respondBy((it) => answer(it.url.endsWith("work") ? 500 : 200));
    expect(await bodies(harness)).toEqual(Array(2).fill({ why: 'step 1 "work" failed: HTTP 500' }));
  });

  test("is nothing where nothing failed, and where a failure is taken as no failure", async () => {
    const harmless = request("work", { retry: once, continueOnFailure: true });
    const harness = createHarness(jobOf([harmless], { finally: [alert] }));
    harness.answerWith(answer(500));
    expect(await bodies(harness)).toEqual([{ why: "" }]);
  });

  test("is that of the item inside of an item", async () => {
    const list = forEach(["a", "b"], [request("work", { url: "http://target.test/{{vars.item}}", retry: once })], {
      onFailure: [alert],
    });
    const harness = createHarness(jobOf([list]));
    harness.respondBy((it) => answer(it.url.endsWith("/b") ? 403 : 200));
    expect(await bodies(harness)).toEqual([{ why: 'step 1 "work" failed: HTTP 403' }]);
  });

  test("is told after a time limit", async () => {
    const harness = createHarness(jobOf([sleep({ for: 50_000 })], { runTimeoutMs: 60_000, onFailure: [alert] }));
    const told = bodies(harness);
    await expect.poll(() => harness.story.length).toBe(1);
    harness.control.abort("timeout");
    expect(await told).toEqual([{ why: 'step 1 "nap" failed: the run timed out while it waited' }]);
  });
});

test("a list inside of many items side by side is bounded, so that the record of the run stays small", async () => {
  const inner = forEach(Array(40).fill("x"), [sleep({ for: 1 })], { name: "inner", as: "inner" });
  const list = forEach(Array(100).fill("y"), [inner], { concurrency: 100 });
  const harness = createHarness(jobOf([list]));
  expect(await harness.start()).toMatchObject({
    end: { status: "error", reason: expect.stringContaining("at most 30 can be gone through") },
  });
  expect(harness.stored[0]).toMatchObject({ items: { failed: 100, total: 100 } });
});
