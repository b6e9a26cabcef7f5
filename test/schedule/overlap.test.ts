import { describe, expect, test } from "vitest";
import type { JobId, Overlap } from "../../src/model/job.ts";
import type { LiveRun, LiveStatus, RunId, RunTrigger } from "../../src/model/run.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { decideOverlap, earlierThan, waitsForEarlier } from "../../src/schedule/overlap.ts";

function live(minute: number, status: LiveStatus = "running", trigger: RunTrigger = "schedule"): LiveRun {
  const scheduledFor = (minute * 60_000) as EpochMs;
  return { id: `run ${minute}` as RunId, jobId: "job" as JobId, trigger, scheduledFor, status, cancelRequested: false };
}

describe("an occurrence whose job has", () => {
  test.each<[string, Overlap, readonly LiveRun[], string]>([
    ["no live run is run", "skip", [], "run"],
    ["no live run is run", "queue", [], "run"],
    ["no live run is run", "replace", [], "run"],
    ["a live run", "skip", [live(1)], "skip"],
    ["a live run", "queue", [live(1)], "wait"],
    ["a live run", "replace", [live(1)], "wait"],
    ["a live run", "allow", [live(1)], "run"],
    ["a run that has not begun itself", "queue", [live(1, "waiting")], "wait"],
    ["a live run and one that waits for it", "queue", [live(1), live(2, "waiting")], "skip"],
    ["two that have not begun", "queue", [live(1, "waiting"), live(2, "waiting")], "skip"],
    ["several that go beside each other since before an edit", "queue", [live(1), live(2)], "wait"],
    ["a live run and one that waits for it", "replace", [live(1), live(2, "waiting")], "wait"],
  ])("%s; overlap %s", (_what, overlap, earlier, verdict) => {
    expect(decideOverlap(overlap, earlier).kind).toBe(verdict);
  });

  test("a run to wait for and one that waits is told both", () => {
    expect(decideOverlap("queue", [live(1), live(2, "waiting")])).toEqual({
      kind: "skip",
      reason:
        'an earlier run of this job was still going (run 1) and another waits for it already (run 2); overlap is "queue"',
    });
  });
});

describe("a run that waits", () => {
  test("waits for those of its job and kind that were due before it", () => {
    const others = [live(1), live(2), live(3), live(1, "running", "manual"), { ...live(1), jobId: "other" as JobId }];
    expect(earlierThan(live(2), others)).toEqual([live(1)]);
  });

  test("is one of a schedule, of a job that queues or replaces", () => {
    const waits = (["skip", "queue", "replace", "allow"] as const).filter((it) => waitsForEarlier(it, live(1)));
    expect(waits).toEqual(["queue", "replace"]);
    expect(waitsForEarlier("queue", live(1, "running", "manual"))).toBe(false);
  });
});
