import { describe, expect, test } from "vitest";
import { longestPauseMs } from "../../src/agent/longest-pause.ts";
import { onlyWaits } from "../../src/agent/only-waits.ts";
import type { Job, JobId } from "../../src/model/job.ts";
import type { Step, StepKey } from "../../src/model/run.ts";
import { DAY_MS, type EpochMs, HOUR_MS } from "../../src/model/time.ts";
import { parseJob } from "../../src/schema/job.ts";

const NOW = 1_800_000_000_000 as EpochMs;
const LATER = (NOW + 1) as EpochMs;

function job(...actions: readonly Readonly<Record<string, unknown>>[]): Job {
  const parsed = parseJob({ _id: "j", name: "j", schedule: "* * * * *", actions }, "j" as JobId);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function step(status: Step["status"], changes: Partial<Step> = {}): Step {
  return {
    index: 0,
    name: "step",
    status,
    attempts: 1,
    statusCode: undefined,
    elapsedMs: undefined,
    responseSample: undefined,
    error: undefined,
    nextAttemptAt: status === "waiting" ? LATER : undefined,
    ...changes,
  };
}

const GET = { type: "http", url: "http://target.test/" };
const PLAIN = job(GET);
const EACH = job({ type: "for_each", in: [1, 2, 3, 4], concurrency: 2, actions: [GET] });
const loop = (ended: number) => step("running", { items: { total: 4, ok: ended, failed: 0, skipped: 0 } });
const item = (index: number) => step("running", { index, parent: "0" as StepKey });
const waits = (index: number) => step("waiting", { parent: `0/${index}` as StepKey });

describe("a run only waits", () => {
  test.each<[string, Job, readonly Step[], boolean]>([
    ["when its one open step waits", PLAIN, [step("ok"), step("waiting", { index: 1 })], true],
    ["not when the time of that has come", PLAIN, [step("waiting", { nextAttemptAt: NOW })], false],
    ["not when something is in doubt", PLAIN, [step("sending")], false],
    ["not between two steps", PLAIN, [step("ok")], false],
    ["not before its first step", PLAIN, [], false],
    ["when all items that may be under way wait", EACH, [loop(1), item(1), waits(1), item(2), waits(2)], true],
    ["when the last item waits", EACH, [loop(3), item(3), waits(3)], true],
    ["not while another item can be begun", EACH, [loop(1), item(1), waits(1)], false],
    ["not while an item is between its steps", EACH, [loop(2), item(2), item(3), waits(3)], false],
    [
      "not while another item sends",
      EACH,
      [loop(2), item(2), { ...waits(2), status: "sending" }, item(3), waits(3)],
      false,
    ],
  ])("%s", (_, of, steps, isSo) => {
    expect(onlyWaits({ status: "running", steps }, of, NOW)).toBe(isSo);
    expect(onlyWaits({ status: "waiting", steps }, of, NOW)).toBe(false);
  });
});

describe("the longest pause of a job", () => {
  test.each<[string, Job, number]>([
    ["of requests is that of retries", PLAIN, HOUR_MS],
    ["is that of a poll", job({ ...GET, until: { status: 200, every_sec: 7_200, timeout_sec: 86_400 } }), 2 * HOUR_MS],
    [
      "is that of a sleep inside a for_each",
      job({ type: "for_each", in: [1], actions: [{ type: "sleep", seconds: 36_000 }] }),
      10 * HOUR_MS,
    ],
    ["is the run's own limit where a value says how long to sleep", job({ type: "sleep", until: "14:30" }), DAY_MS],
  ])("%s", (_, of, longestMs) => {
    expect(longestPauseMs(of)).toBe(longestMs);
  });
});
