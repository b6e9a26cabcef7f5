import { describe, expect, test } from "vitest";
import { nextOccurrence } from "../../src/schedule/due.ts";
import { at, dueIn, localTimes, scheduleIn } from "./schedules.ts";

const BERLIN = "Europe/Berlin";
const SPRING = ["2026-03-28T23:00Z", "2026-03-29T22:00Z"] as const;
const AUTUMN = ["2026-10-24T22:00Z", "2026-10-25T22:59Z"] as const;

function springIn(pattern: string): string[] {
  return localTimes(scheduleIn(BERLIN, pattern), ...SPRING);
}

function autumnIn(pattern: string): string[] {
  return localTimes(scheduleIn(BERLIN, pattern), ...AUTUMN);
}

describe("in spring, when 02:00 to 02:59 do not exist in Berlin", () => {
  test.each(["30 2 * * *", "0 2 * * *"])("%s runs once, at 03:00", (pattern) => {
    expect(springIn(pattern)).toEqual(["2026-03-29T03:00+02:00"]);
  });

  test("15,45 2 * * * runs once: both times fall on 03:00", () => {
    const [only, ...others] = dueIn(scheduleIn(BERLIN, "15,45 2 * * *"), ...SPRING);
    expect(others).toEqual([]);
    expect(only?.local).toBe("2026-03-29T03:00:00+02:00");
    expect(only?.key).toBe("2026-03-29T02:15[Europe/Berlin]");
    expect(only?.note).toBe("02:15 and 02:45 do not exist that day; they are one run");
  });

  test("30 2,3 * * * and 30 1-3 * * * keep the time that does not exist", () => {
    expect(springIn("30 2,3 * * *")).toEqual(["2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00"]);
    expect(springIn("30 1-3 * * *")).toEqual([
      "2026-03-29T01:30+01:00",
      "2026-03-29T03:00+02:00",
      "2026-03-29T03:30+02:00",
    ]);
  });

  test("a fixed 03:00 and a moved 02:30 are one run, under the key of the earlier", () => {
    const due = dueIn(scheduleIn(BERLIN, ["0 3 * * *", "30 2 * * *"]), ...SPRING);
    expect(due.map((it) => it.key)).toEqual(["2026-03-29T02:30[Europe/Berlin]"]);
  });

  test("*/20 2 * * * has no minute to run at, as recurring minutes are not made up", () => {
    expect(springIn("*/20 2 * * *")).toEqual([]);
  });

  test("30 */2 * * * leaves out 02:30", () => {
    expect(springIn("30 */2 * * *").slice(0, 2)).toEqual(["2026-03-29T00:30+01:00", "2026-03-29T04:30+02:00"]);
  });

  test("*/15 * * * * goes from 01:45 to 03:00", () => {
    const due = springIn("*/15 * * * *");
    expect(due.slice(6, 8)).toEqual(["2026-03-29T01:45+01:00", "2026-03-29T03:00+02:00"]);
    expect(due).toHaveLength(23 * 4);
  });

  test("the moved run has the wall time asked for in its key, the real one in its hour and minute, and says why", () => {
    expect(dueIn(scheduleIn(BERLIN, "30 2 * * *"), ...SPRING)).toEqual([
      {
        scheduledFor: at("2026-03-29T01:00Z"),
        key: "2026-03-29T02:30[Europe/Berlin]",
        local: "2026-03-29T03:00:00+02:00",
        hour: 3,
        minute: 0,
        note: "02:30 does not exist that day",
      },
    ]);
  });

  test("a moved time that meets a recurring minute is one occurrence under the UTC key", () => {
    const due = dueIn(scheduleIn(BERLIN, ["30 2 * * *", "0 * * * *"]), "2026-03-29T00:30Z", "2026-03-29T01:30Z");
    expect(due.map((it) => [it.key, it.note])).toEqual([["2026-03-29T01:00Z", "02:30 does not exist that day"]]);
  });
});

describe("in autumn, when 02:00 to 02:59 come twice in Berlin", () => {
  test("30 2 * * * runs in the first of the two and says so", () => {
    const due = dueIn(scheduleIn(BERLIN, "30 2 * * *"), ...AUTUMN);
    expect(due.map((it) => [it.local, it.key, it.note])).toEqual([
      [
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30[Europe/Berlin]",
        "02:30 happens twice that day; this is the first",
      ],
    ]);
  });

  test.each([
    ["15,45 2 * * *", ["2026-10-25T02:15+02:00", "2026-10-25T02:45+02:00"]],
    ["30 2,3 * * *", ["2026-10-25T02:30+02:00", "2026-10-25T03:30+01:00"]],
    ["30 1-3 * * *", ["2026-10-25T01:30+02:00", "2026-10-25T02:30+02:00", "2026-10-25T03:30+01:00"]],
  ])("%s is fixed: each of its times runs once", (pattern, times) => {
    expect(autumnIn(pattern)).toEqual(times);
  });

  test.each([
    ["*/30 2 * * *", ["02:00+02:00", "02:30+02:00", "02:00+01:00", "02:30+01:00"]],
    ["30 */2 * * *", ["00:30+02:00", "02:30+02:00", "02:30+01:00", "04:30+01:00"]],
  ])("%s is recurring: it runs in both passes", (pattern, times) => {
    expect(autumnIn(pattern).slice(0, 4)).toEqual(times.map((time) => `2026-10-25T${time}`));
  });

  test("every minute runs in each of the 1500 minutes of the day, under 1500 keys", () => {
    const due = dueIn(scheduleIn(BERLIN, "* * * * *"), "2026-10-24T21:59Z", "2026-10-25T22:59Z");
    expect(due).toHaveLength(1_500);
    expect(new Set(due.map((it) => it.key)).size).toBe(1_500);
    expect(due.find((it) => it.key === "2026-10-25T01:10Z")?.note).toBe(
      "02:10 happens twice that day; this is the second",
    );
  });

  test("an hour of null is recurring and runs in both passes", () => {
    const schedule = scheduleIn(BERLIN, [{ kind: "hour_minute", hour: null, minute: 15 }]);
    expect(localTimes(schedule, "2026-10-25T00:00Z", "2026-10-25T02:00Z")).toEqual([
      "2026-10-25T02:15+02:00",
      "2026-10-25T02:15+01:00",
    ]);
  });

  test("in New York 01:30 runs in the first of the two, and 02:30 is an ordinary time", () => {
    const schedule = scheduleIn("America/New_York", ["30 1 * * *", "30 2 * * *"]);
    expect(localTimes(schedule, "2026-11-01T04:00Z", "2026-11-02T04:00Z")).toEqual([
      "2026-11-01T01:30-04:00",
      "2026-11-01T02:30-05:00",
    ]);
  });
});

describe("in other zones", () => {
  test("Lord Howe goes forward by half an hour: 02:15 runs at 02:30", () => {
    const schedule = scheduleIn("Australia/Lord_Howe", "15 2 * * *");
    expect(localTimes(schedule, "2026-10-03T00:00Z", "2026-10-04T00:00Z")).toEqual(["2026-10-04T02:30+11:00"]);
  });

  test("Lord Howe goes back by half an hour: 01:45 runs once, */15 in both passes", () => {
    const day = ["2026-04-04T14:00Z", "2026-04-04T15:45Z"] as const;
    expect(localTimes(scheduleIn("Australia/Lord_Howe", "45 1 * * *"), ...day)).toEqual(["2026-04-05T01:45+11:00"]);
    expect(localTimes(scheduleIn("Australia/Lord_Howe", "*/15 1 * * *"), ...day)).toEqual([
      "2026-04-05T01:15+11:00",
      "2026-04-05T01:30+11:00",
      "2026-04-05T01:45+11:00",
      "2026-04-05T01:30+10:30",
      "2026-04-05T01:45+10:30",
    ]);
  });

  test("Cairo skips midnight: the run of the day is at 01:00", () => {
    const schedule = scheduleIn("Africa/Cairo", "@daily");
    expect(localTimes(schedule, "2026-04-22T12:00Z", "2026-04-25T12:00Z")).toEqual([
      "2026-04-23T00:00+02:00",
      "2026-04-24T01:00+03:00",
      "2026-04-25T00:00+03:00",
    ]);
  });

  test("Seoul changes nothing, and its keys are wall times", () => {
    const due = dueIn(scheduleIn("Asia/Seoul", "30 14 * * *"), "2026-11-20T12:00Z", "2026-11-21T12:00Z");
    expect(due.map((it) => [it.key, it.local])).toEqual([
      ["2026-11-21T14:30[Asia/Seoul]", "2026-11-21T14:30:00+09:00"],
    ]);
  });

  test("Samoa skipped 30 December 2011: its fixed times never existed, recurring ones lose nothing", () => {
    const fixed = scheduleIn("Pacific/Apia", ["0 9,17 * * *", "0 0 * * *"]);
    expect(localTimes(fixed, "2011-12-29T20:00Z", "2011-12-31T00:00Z")).toEqual([
      "2011-12-29T17:00-10:00",
      "(2011-12-30T00:00[Pacific/Apia])",
      "(2011-12-30T09:00[Pacific/Apia])",
      "(2011-12-30T17:00[Pacific/Apia])",
      "2011-12-31T00:00+14:00",
      "2011-12-31T09:00+14:00",
    ]);
    const hourly = scheduleIn("Pacific/Apia", "@hourly");
    expect(localTimes(hourly, "2011-12-30T08:00Z", "2011-12-30T11:00Z")).toEqual([
      "2011-12-29T23:00-10:00",
      "2011-12-31T00:00+14:00",
      "2011-12-31T01:00+14:00",
    ]);
  });

  test("a time that never existed says why and is not shown as the next run", () => {
    const schedule = scheduleIn("Pacific/Apia", "0 9 * * *");
    const [lost] = dueIn(schedule, "2011-12-30T00:00Z", "2011-12-30T12:00Z");
    expect(lost?.neverExisted).toBe(true);
    expect(lost?.note).toBe("2011-12-30T09:00 never existed in Pacific/Apia: its clocks were put forward by 24 h");
    expect(nextOccurrence(schedule, at("2011-12-30T00:00Z"))?.local).toBe("2011-12-31T09:00:00+14:00");
  });

  test("Casey's change of exactly three hours still moves a time", () => {
    const schedule = scheduleIn("Antarctica/Casey", "0 4 * * *");
    expect(localTimes(schedule, "2009-10-17T00:00Z", "2009-10-18T00:00Z")).toEqual(["2009-10-18T05:00+11:00"]);
  });

  test("local mean time with seconds is taken to the minute", () => {
    const schedule = scheduleIn("Africa/Monrovia", "*/10 * * * *");
    const due = dueIn(schedule, "1971-12-31T23:00Z", "1972-01-08T00:00Z");
    expect(due.every((it) => it.scheduledFor % 60_000 === 0)).toBe(true);
    expect(due.at(0)?.local).toMatch(/^1971-12-31T22:20:00-00:4[45]$/);
    expect(due.at(-1)?.local).toBe("1972-01-08T00:00:00+00:00");
  });
});
