import { describe, expect, test } from "vitest";
import type { Job, RunOn } from "../../src/model/job.ts";
import type { ScheduleEntry, ScheduleSpec } from "../../src/model/schedule-spec.ts";
import { scheduleHash } from "../../src/schedule/schedule-hash.ts";

function hashOf(spec: Partial<ScheduleSpec>, fleetZone = "Asia/Seoul", more: Partial<Job> = {}): string {
  const schedule = { entries: [], zone: undefined, notBefore: undefined, notAfter: undefined, ...spec };
  return scheduleHash({ schedule, runOn: "leader" as RunOn, ...more } as Job, fleetZone);
}

function crons(...texts: string[]): { readonly entries: readonly ScheduleEntry[] } {
  return { entries: texts.map((text) => ({ kind: "cron", text })) };
}

describe("the hash of what decides when", () => {
  test("is the same in every process and version", () => {
    expect(hashOf(crons("30 9 * * *"))).toBe("587dacd3bf6823e637a35591c896ed07");
  });

  test("does not see how the same times are written", () => {
    const hash = hashOf(crons("30 9 * * *", "0 0 * * MON"));
    expect(hashOf(crons("0 0 * * mon", " 30  9 * * *", "30 9 * * *"))).toBe(hash);
    expect(
      hashOf({
        entries: [
          { kind: "hour_minute", hour: 9, minute: 30 },
          { kind: "cron", text: "0 0 ? * MON" },
        ],
      }),
    ).toBe(hash);
    expect(hashOf(crons("@daily"))).toBe(hashOf(crons("0 0 * * *")));
    const inSeoul = { ...crons("30 9 * * *"), zone: "Asia/Seoul" };
    expect(hashOf(inSeoul, "UTC")).toBe(hashOf(crons("30 9 * * *"), "asia/seoul"));
  });

  test("does not see what does not decide when", () => {
    expect(hashOf(crons("@daily"), "UTC", { name: "a", catchUp: "all" })).toBe(
      hashOf(crons("@daily"), "UTC", { name: "b", catchUp: "none" }),
    );
  });

  test("sees entries, zone, bounds and run_on", () => {
    const entries = crons("30 9 * * *");
    const hashes = [
      hashOf(entries),
      hashOf(crons("31 9 * * *")),
      hashOf(crons("30 9 * * *", "0 0 * * *")),
      hashOf(entries, "UTC"),
      hashOf({ ...entries, notBefore: 1_000 }),
      hashOf({ ...entries, notAfter: 1_000 }),
      hashOf(entries, "Asia/Seoul", { runOn: "all" }),
      hashOf({ entries: [{ kind: "once", text: "2026-12-01T09:00" }] }),
      hashOf({ entries: [{ kind: "once", text: "2026-12-01T09:00Z" }] }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
