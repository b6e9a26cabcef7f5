import { describe, expect, test } from "vitest";
import { errorsOf, jobWith, parseWith, valueOf, warningsOf } from "./job-document.ts";

const NO_TIME = { hour: undefined, minute: undefined };

describe("when a job is due", () => {
  test("a missing hour is every hour and a missing minute is minute 0", () => {
    expect(jobWith({ hour: undefined }).schedule.entries).toEqual([{ kind: "hour_minute", hour: null, minute: 30 }]);
    expect(jobWith({ minute: undefined }).schedule.entries).toEqual([{ kind: "hour_minute", hour: 9, minute: 0 }]);
  });

  test("minute null is a problem of this job", () => {
    expect(errorsOf(parseWith({ minute: null }))).toEqual([
      "/minute  must be a whole number from 0 to 59, got null; leave it out for minute 0",
    ]);
  });

  test("nothing said is every hour, as in the original, with a warning", () => {
    const parsed = parseWith(NO_TIME);
    expect(valueOf(parsed).schedule.entries).toEqual([{ kind: "hour_minute", hour: null, minute: 0 }]);
    expect(warningsOf(parsed)).toEqual(["  no schedule is given, so the job runs every hour at minute 0"]);
  });

  test("nothing said is no matter where the job is off: others may call it", () => {
    for (const enabled of [false, undefined]) expect(warningsOf(parseWith({ ...NO_TIME, enabled }))).toEqual([]);
  });

  test("a non-empty list of schedules wins over hour and minute", () => {
    const parsed = parseWith({
      schedules: [{ hour: "7", minute: 15 }, "0 12 * * *", "2026-12-01T09:00", { minute: 5 }],
    });
    expect(valueOf(parsed).schedule.entries).toEqual([
      { kind: "hour_minute", hour: 7, minute: 15 },
      { kind: "cron", text: "0 12 * * *" },
      { kind: "once", text: "2026-12-01T09:00" },
      { kind: "hour_minute", hour: null, minute: 5 },
    ]);
    expect(warningsOf(parsed)).toContain("/hour  has no effect beside schedules; remove it");
  });

  test.each([
    ["* * * * *", "cron"],
    ["@daily", "cron"],
    ["2026-12-01T09:00+09:00", "once"],
  ])("a schedule is a text: %s", (schedule, kind) => {
    expect(jobWith({ ...NO_TIME, schedule }).schedule.entries).toEqual([{ kind, text: schedule }]);
  });

  test("a schedule is hour and minute, or a date", () => {
    expect(jobWith({ ...NO_TIME, schedule: { hour: 1 } }).schedule.entries).toEqual([
      { kind: "hour_minute", hour: 1, minute: 0 },
    ]);
    expect(jobWith({ ...NO_TIME, schedule: new Date("2026-12-01T09:00:00Z") }).schedule.entries).toEqual([
      { kind: "once", text: "2026-12-01T09:00Z" },
    ]);
  });

  test("hour or minute beside a schedule is ambiguous, and so are schedules", () => {
    expect(errorsOf(parseWith({ schedule: "0 9 * * *" }))).toEqual([
      "/hour  stands beside schedule; keep one of the two",
      "/minute  stands beside schedule; keep one of the two",
    ]);
    expect(errorsOf(parseWith({ ...NO_TIME, schedule: "0 9 * * *", schedules: ["0 10 * * *"] }))).toEqual([
      "/schedule  stands beside schedules; keep one of the two",
    ]);
  });

  test.each(["61 * * * *", "0 0 9 * * *", "often", ""])(
    "a pattern that makes no sense is a problem at its place: %s",
    (pattern) => {
      expect(errorsOf(parseWith({ ...NO_TIME, schedules: ["0 9 * * *", pattern] }))).toEqual([
        expect.stringMatching(/^\/schedules\/1 {2}./),
      ]);
    },
  );

  test.each([[7], [true], [["0 9 * * *"]]])("a schedule of another kind is a problem: %j", (schedule) => {
    expect(errorsOf(parseWith({ ...NO_TIME, schedule }))).toEqual([expect.stringContaining("/schedule  must be ")]);
  });
});

describe("the bounds of a schedule", () => {
  test("are dates or texts with an offset", () => {
    const { schedule } = jobWith({ not_before: new Date(1_000), not_after: "2026-12-01T09:00+09:00" });
    expect(schedule.notBefore).toBe(1_000);
    expect(schedule.notAfter).toBe(Date.UTC(2026, 11, 1));
  });

  test.each(["2026-12-01T09:00", "2026-12-01", "2026-02-30T00:00Z", "tomorrow", 7, new Date(Number.NaN)])(
    "%j is no bound",
    (not_before) => {
      expect(errorsOf(parseWith({ not_before }))).toEqual([expect.stringContaining("/not_before  must be a date")]);
    },
  );

  test("that leave no time are a problem", () => {
    expect(errorsOf(parseWith({ not_before: "2026-12-02T00:00Z", not_after: "2026-12-01T00:00Z" }))).toEqual([
      "/not_after  is before not_before, so the job would never run",
    ]);
  });
});
