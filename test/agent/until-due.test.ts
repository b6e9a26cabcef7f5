import { describe, expect, test } from "vitest";
import { createRunTime } from "../../src/agent/run-time.ts";
import { untilDue } from "../../src/agent/until-due.ts";
import { DAY_MS, type EpochMs, HOUR_MS, SECOND_MS } from "../../src/model/time.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const forEver = new AbortController().signal;

/** Begins to wait for a moment that is so far ahead on the server's clock; the server's clock can be moved. */
function startWait(aheadMs: number, longestMs: number) {
  const clock = createFakeClock({ wall: 1_000_000_000 });
  let serverAheadMs = 0;
  const now = () => (clock.wallNow() + serverAheadMs) as EpochMs;
  let isOver = false;
  const at = (now() + aheadMs) as EpochMs;
  void untilDue(at, longestMs, { clock, now }, forEver).then(() => {
    isOver = true;
  });
  return {
    leap(byMs: number) {
      serverAheadMs += byMs;
    },
    async isOverAfter(ms: number) {
      await clock.advance(ms);
      return isOver;
    },
  };
}

describe("a wait for a moment of the server's time", () => {
  test.each([2, SECOND_MS, HOUR_MS, 30 * DAY_MS])("%i ms ahead lasts exactly as long", async (ms) => {
    const wait = startWait(ms, 30 * DAY_MS);
    expect(await wait.isOverAfter(ms - 1)).toBe(false);
    expect(await wait.isOverAfter(1)).toBe(true);
  });

  test("ends within 30 s when the server's clock leaps past it", async () => {
    const wait = startWait(DAY_MS, DAY_MS);
    await wait.isOverAfter(HOUR_MS);
    wait.leap(2 * DAY_MS);
    expect(await wait.isOverAfter(30 * SECOND_MS)).toBe(true);
  });

  test("lasts no longer when the server's clock is set back meanwhile", async () => {
    const wait = startWait(DAY_MS, 30 * DAY_MS);
    await wait.isOverAfter(HOUR_MS);
    wait.leap(-5 * DAY_MS);
    expect(await wait.isOverAfter(23 * HOUR_MS - 1)).toBe(false);
    expect(await wait.isOverAfter(1)).toBe(true);
  });

  test("lasts no longer than any such wait was meant to, when the clock was set back before", async () => {
    const wait = startWait(5 * DAY_MS, HOUR_MS);
    expect(await wait.isOverAfter(HOUR_MS - 1)).toBe(false);
    expect(await wait.isOverAfter(1)).toBe(true);
  });
});

test("the time of a run does not go back when the server's clock does, and goes on with it afterwards", () => {
  let server = 1_000;
  const time = createRunTime(() => server as EpochMs);
  time.reach(5_000 as EpochMs);
  expect(time.now()).toBe(5_000);
  server = 7_000;
  expect(time.now()).toBe(7_000);
  server = 100;
  expect(time.now()).toBe(7_000);
});
