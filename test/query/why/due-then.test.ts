import { describe, expect, test } from "vitest";
import type { ScheduleEntry, ScheduleSpec } from "../../../src/model/schedule-spec.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import { parseAskedTime } from "../../../src/query/why/asked-time.ts";
import { type DueThen, dueAt } from "../../../src/query/why/due-then.ts";

const NOW = Date.parse("2026-11-21T11:30:10Z") as EpochMs;
const ZONE = "Europe/Berlin";

function spec(
  texts: string | readonly string[],
  bounds: Partial<ScheduleSpec> = {},
): Pick<{ schedule: ScheduleSpec }, "schedule"> {
  const entries: readonly ScheduleEntry[] = [texts].flat().map((text) => ({ kind: "cron", text }));
  return { schedule: { entries, zone: ZONE, notBefore: undefined, notAfter: undefined, ...bounds } };
}

/** What the rule says about each moment that the wall time stands for. */
function due(schedule: Pick<{ schedule: ScheduleSpec }, "schedule">, text: string): readonly DueThen[] {
  const asked = parseAskedTime(text, ZONE, NOW);
  if (asked === undefined) throw new Error(`${text} is no time`);
  return asked.moments.map((at) => dueAt(schedule, "UTC", at, asked.inGap).due);
}

function briefly(it: DueThen): string {
  return it.kind === "due" ? "due" : it.why;
}

describe("whether a job was due at a minute, by one version of it", () => {
  test.each([
    ["a minute that its pattern names", "*/5 9-17 * * 1-5", "2026-11-20 12:05", ["due"]],
    ["a minute beside it", "*/5 9-17 * * 1-5", "2026-11-20 12:06", ["schedule"]],
    ["a day that its pattern does not name", "*/5 9-17 * * 1-5", "2026-11-21 12:05", ["schedule"]],
    ["a fixed time that did not exist, moved behind the gap", "30 2 * * *", "2026-03-29 02:30", ["due"]],
    ["the minute behind the gap, for the same reason", "30 2 * * *", "2026-03-29 03:00", ["due"]],
    ["a recurring time that did not exist", "*/30 * * * *", "2026-03-29 02:30", ["gap"]],
    ["a time in a gap that it does not name", "15 2 * * *", "2026-03-29 02:30", ["schedule"]],
    ["a fixed time that came twice: the first alone", "30 2 * * *", "2026-10-25 02:30", ["due", "second_time"]],
    ["a recurring time that came twice: both", "*/30 * * * *", "2026-10-25 02:30", ["due", "due"]],
    ["a Friday, where the 13th or Fridays are meant", "0 9 13 * 5", "2026-11-20 09:00", ["due"]],
    ["the 13th that is a Sunday, by the same rule", "0 9 13 * 5", "2026-12-13 09:00", ["due"]],
    ["a day that is neither", "0 9 13 * 5", "2026-11-18 09:00", ["schedule"]],
  ])("%s", (_, pattern, time, verdicts) => {
    expect(due(spec(pattern), time).map(briefly)).toEqual(verdicts);
  });

  test("a minute outside its bounds, naming the bound", () => {
    const notBefore = Date.parse("2026-11-21T00:00:00Z");
    const notAfter = Date.parse("2026-11-22T00:00:00Z");
    const bounded = spec("0 * * * *", { notBefore, notAfter });
    expect(due(bounded, "2026-11-20 12:00").map(briefly)).toEqual(["not_before"]);
    expect(due(bounded, "2026-11-21 12:00").map(briefly)).toEqual(["due"]);
    expect(due(bounded, "2026-11-23 12:00").map(briefly)).toEqual(["not_after"]);
    expect(due(bounded, "2026-11-23 12:01").map(briefly)).toEqual(["schedule"]);
  });

  test("a minute that several of its times name is one occurrence, and each is told", () => {
    const [it] = due(spec(["0 * * * *", "0 12 * * *", "30 12 * * *"]), "2026-11-20 12:00");
    expect(it?.kind).toBe("due");
    expect(it?.entries.map((entry) => entry.verdict)).toEqual(["names_it", "names_it", "other_minute"]);
  });

  test("a minute that is not due comes with the occurrences before and after it", () => {
    const [it] = due(spec("0 9 * * 1"), "2026-11-20 12:00");
    if (it?.kind !== "not_due") throw new Error("it is due");
    expect(it.before?.local).toBe("2026-11-16T09:00:00+01:00");
    expect(it.after?.local).toBe("2026-11-23T09:00:00+01:00");
  });

  test("the occurrence before it is found years back, and is missing where there is none", () => {
    const [leap] = due(spec("0 0 29 2 *"), "2026-11-20 12:00");
    expect(leap?.kind === "not_due" ? leap.before?.local : "").toBe("2024-02-29T00:00:00+01:00");
    const once: Pick<{ schedule: ScheduleSpec }, "schedule"> = {
      schedule: { ...spec("0 0 1 1 *").schedule, entries: [{ kind: "once", text: "2026-12-01T09:00" }] },
    };
    const [before] = due(once, "2026-11-20 12:00");
    expect(before?.kind === "not_due" ? [before.before, before.after?.local] : []).toEqual([
      undefined,
      "2026-12-01T09:00:00+01:00",
    ]);
    const [after] = due(once, "2026-12-02 12:00");
    expect(after?.kind === "not_due" ? [after.before?.local, after.after] : []).toEqual([
      "2026-12-01T09:00:00+01:00",
      undefined,
    ]);
  });
});
