import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CatchUp } from "../../src/model/job.ts";
import type { Occurrence } from "../../src/model/occurrence.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { type CatchUpPolicy, decideCatchUp, type Settlement } from "../../src/schedule/catch-up.ts";
import { occurrencesIn } from "../../src/schedule/due.ts";
import { at, scheduleIn } from "./schedules.ts";

const HOUR_MS = 3_600_000;

function settled(
  pattern: string,
  after: string,
  now: string,
  policy: Partial<CatchUpPolicy> & { mode: CatchUp },
): Settlement[] {
  const due = occurrencesIn(scheduleIn("UTC", pattern), { after: at(after), upTo: at(now) });
  return [...decideCatchUp(due, at(now), { windowMs: HOUR_MS, max: 100, ...policy })];
}

/** `run 09:00`, `missed 08:00` or `missed 01:00-07:00 (361)`. */
function inShort(settlements: readonly Settlement[]): string[] {
  return settlements.map((it) => {
    const clock = it.occurrence.local.slice(11, 16);
    if (it.verdict === "run" || it.count === 1) return `${it.verdict} ${clock}`;
    return `missed ${clock}-${new Date(it.last).toISOString().slice(11, 16)} (${it.count})`;
  });
}

describe("an occurrence that is not over 60 s late", () => {
  test.each(["last", "all", "none"] as const)("is run, whatever the policy: %s", (mode) => {
    const policy = { mode, windowMs: 0, max: 0 };
    expect(inShort(settled("0 9 * * *", "2026-11-21T08:00Z", "2026-11-21T09:01:00Z", policy))).toEqual(["run 09:00"]);
    expect(inShort(settled("0 9 * * *", "2026-11-21T08:00Z", "2026-11-21T09:01:00.001Z", policy))).toEqual([
      "missed 09:00",
    ]);
  });
});

describe('catch_up "last"', () => {
  test("runs the newest inside the window; the others and what is outside are missed", () => {
    const settlements = settled("*/20 * * * *", "2026-11-21T07:30Z", "2026-11-21T09:15Z", { mode: "last" });
    expect(inShort(settlements)).toEqual(["missed 07:40", "missed 08:00", "missed 08:20", "missed 08:40", "run 09:00"]);
    const reasons = settlements.map((it) => (it.verdict === "missed" ? it.reason : ""));
    expect(reasons[1]).toBe("noticed later than catch_up_window_sec allows (3600 s)");
    expect(reasons[2]).toBe('noticed more than 60 s late; catch_up is "last", and a newer occurrence is run');
  });

  test("runs nothing when everything is outside the window", () => {
    expect(inShort(settled("0 9 * * *", "2026-11-20T10:00Z", "2026-11-21T10:00:01Z", { mode: "last" }))).toEqual([
      "missed 09:00",
    ]);
  });

  test("lets an occurrence that is on time stand in for all before it: one run for one outage", () => {
    expect(inShort(settled("*/20 * * * *", "2026-11-21T08:10Z", "2026-11-21T09:00:30Z", { mode: "last" }))).toEqual([
      "missed 08:20",
      "missed 08:40",
      "run 09:00",
    ]);
  });
});

describe('catch_up "all"', () => {
  test("runs everything inside the window, in order", () => {
    expect(inShort(settled("*/20 * * * *", "2026-11-21T07:50Z", "2026-11-21T09:10Z", { mode: "all" }))).toEqual([
      "missed 08:00",
      "run 08:20",
      "run 08:40",
      "run 09:00",
    ]);
  });

  test("runs the newest catch_up_max late ones, and those on time besides", () => {
    expect(inShort(settled("*/10 * * * *", "2026-11-21T08:05Z", "2026-11-21T09:00Z", { mode: "all", max: 2 }))).toEqual(
      ["missed 08:10", "missed 08:20", "missed 08:30", "run 08:40", "run 08:50", "run 09:00"],
    );
  });
});

describe('catch_up "none"', () => {
  test("runs no late one and says so", () => {
    const settlements = settled("*/20 * * * *", "2026-11-21T07:30Z", "2026-11-21T09:00Z", { mode: "none" });
    expect(inShort(settlements)).toEqual(["missed 07:40", "missed 08:00", "missed 08:20", "missed 08:40", "run 09:00"]);
    const reasons = new Set(settlements.flatMap((it) => (it.verdict === "missed" ? [it.reason] : [])));
    expect([...reasons]).toEqual(['noticed more than 60 s late, and catch_up is "none"']);
  });
});

describe("misses in a row", () => {
  test("are settled one by one up to 100, and as one from 101 on", () => {
    const hundred = settled("* * * * *", "2026-11-21T00:00Z", "2026-11-21T01:41:30Z", { mode: "none" });
    expect(hundred.filter((it) => it.verdict === "missed")).toHaveLength(100);
    const more = settled("* * * * *", "2026-11-21T00:00Z", "2026-11-21T01:42:30Z", { mode: "none" });
    expect(inShort(more)).toEqual(["missed 00:01-01:41 (101)", "run 01:42"]);
  });

  test("are one settlement for different reasons too, which names them all", () => {
    const [missed, ...runs] = settled("* * * * *", "2026-11-21T00:00Z", "2026-11-21T06:00:30Z", { mode: "last" });
    expect(inShort(runs)).toEqual(["run 06:00"]);
    expect(missed).toMatchObject({ verdict: "missed", count: 359, last: at("2026-11-21T05:59Z") });
    expect(missed?.verdict === "missed" && missed.reason).toBe(
      'noticed later than catch_up_window_sec allows (3600 s); noticed more than 60 s late; catch_up is "last", and a newer occurrence is run',
    );
  });

  test("of a year away are settled in one without holding them", () => {
    const settlements = settled("* * * * *", "2025-11-21T00:00Z", "2026-11-21T00:00:30Z", { mode: "last" });
    expect(inShort(settlements)).toEqual(["missed 00:01-23:59 (525599)", "run 00:00"]);
  });
});

describe("a time that never existed", () => {
  test("is missed with its reason, however soon it is looked at, and does not stand in for a late one", () => {
    const schedule = scheduleIn("Pacific/Apia", ["0 9 * * *", "30 23 * * *"]);
    const now = at("2011-12-30T10:00:05Z");
    const due = occurrencesIn(schedule, { after: at("2011-12-30T00:00Z"), upTo: now });
    const settlements = [...decideCatchUp(due, now, { mode: "last", windowMs: HOUR_MS, max: 100 })];
    expect(settlements.map((it) => [it.verdict, it.occurrence.key])).toEqual([
      ["run", "2011-12-29T23:30[Pacific/Apia]"],
      ["missed", "2011-12-30T09:00[Pacific/Apia]"],
      ["missed", "2011-12-30T23:30[Pacific/Apia]"],
    ]);
    const [, lost] = settlements;
    expect(lost?.verdict === "missed" && lost.reason).toMatch(/never existed in Pacific\/Apia/);
  });
});

describe("any policy on any occurrences", () => {
  const NOW = at("2026-11-21T12:00Z");
  const due = fc
    .array(fc.record({ lateMs: fc.integer({ min: 0, max: 400_000 }), never: fc.boolean() }), { maxLength: 300 })
    .map((list) =>
      [...list]
        .sort((a, b) => b.lateMs - a.lateMs)
        .map(({ lateMs, never }, index): Occurrence => {
          const scheduledFor = (NOW - lateMs) as EpochMs;
          const base = { scheduledFor, key: `${index}`, local: "", hour: 0, minute: 0, note: undefined };
          return never && index % 5 === 0 ? { ...base, neverExisted: true } : base;
        }),
    );
  const policies = fc.record({
    mode: fc.constantFrom<CatchUp>("last", "all", "none"),
    windowMs: fc.integer({ min: 0, max: 400_000 }),
    max: fc.integer({ min: 0, max: 150 }),
  });

  test("settles each exactly once, in order, and runs just those that the rule names", () => {
    fc.assert(
      fc.property(due, policies, (occurrences, policy) => {
        const settlements = [...decideCatchUp(occurrences, NOW, policy)];
        const runs = settlements.filter((it) => it.verdict === "run").map((it) => it.occurrence.key);

        const real = occurrences.filter((it) => it.neverExisted === undefined);
        const onTime = real.filter((it) => NOW - it.scheduledFor <= 60_000);
        const late = real.filter((it) => NOW - it.scheduledFor > 60_000 && NOW - it.scheduledFor <= policy.windowMs);
        const kept = { none: 0, last: onTime.length > 0 ? 0 : 1, all: policy.max }[policy.mode];
        expect(runs).toEqual([...late.slice(late.length - Math.min(kept, late.length)), ...onTime].map((it) => it.key));

        let position = 0;
        for (const it of settlements) {
          const stretch = occurrences.slice(position, position + (it.verdict === "run" ? 1 : it.count));
          const last = it.verdict === "run" ? it.occurrence.scheduledFor : it.last;
          expect([stretch[0], stretch.at(-1)?.scheduledFor]).toEqual([it.occurrence, last]);
          expect(stretch.length === 1 || stretch.length > 100).toBe(true);
          // What lies behind a stretch is told by its time alone, so nothing in it may share a minute with others.
          expect(stretch.length > 1 && stretch.some((never) => never.neverExisted === true)).toBe(false);
          position += stretch.length;
        }
        expect(position).toBe(occurrences.length);
      }),
      { numRuns: 300 },
    );
  });
});
