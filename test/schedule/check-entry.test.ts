import { describe, expect, test } from "vitest";
import type { ScheduleEntry } from "../../src/model/schedule-spec.ts";
import { checkEntry } from "../../src/schedule/check-entry.ts";
import { compileSchedule } from "../../src/schedule/compile.ts";

function cron(text: string): ScheduleEntry {
  return { kind: "cron", text };
}

function once(text: string): ScheduleEntry {
  return { kind: "once", text };
}

const GOOD: readonly ScheduleEntry[] = [
  ...[
    "* * * * *",
    "*/5 9-17 * * 1-5",
    "@daily",
    "@Hourly",
    "0 0 L * *",
    "0 0 15W * *",
    "0 0 LW * *",
    "0 0 * * FRI#2",
  ].map(cron),
  ...["0 0 * * fri#L", " 0\t0  1 jan * ", "0 0 29 2 *", "0 0 29 2 +MON", "0 0 ? * 7", "30 2,14 * * *"].map(cron),
  ...[
    "2026-12-01T09:00",
    "1999-01-01T00:00Z",
    "2026-12-01T09:00+0530",
    "2026-12-01T09:00:00-03",
    "2024-02-29T23:59",
  ].map(once),
  { kind: "hour_minute", hour: 9, minute: 30 },
  { kind: "hour_minute", hour: null, minute: 0 },
];

const BAD: readonly (readonly [ScheduleEntry, RegExp])[] = [
  [cron("0 */5 * * * *"), /has 6 fields.*no seconds.*write "\*\/5 \* \* \* \*"/],
  [cron("0 0 0 1 1 * 2030"), /has 7 fields.*write "0 0 1 1 \*"/],
  [cron("* * * *"), /does not have 5 fields; write 5 fields/],
  [cron(""), /does not have 5 fields/],
  [cron("61 * * * *"), /minute: 61/],
  [cron("0 24 * * *"), /hour: 24/],
  [cron("0 0 32 * *"), /day: 32/],
  [cron("0 0 0 * *"), /day: 0/],
  [cron("0 0 * 13 *"), /month: 13/],
  [cron("0 0 * * 8"), /dayOfWeek: 8/],
  [cron("0 22-2 * * *"), /22-23,0-2/],
  [cron("H * * * *"), /\(H\)/],
  [cron("@reboot"), /no boot/],
  [cron("0 0 31 2 *"), /never fires: no year has such a day/],
  [cron("0 0 30,31 2 *"), /never fires/],
  [cron("0 0 31 4,6,9,11 *"), /never fires/],
  [cron("0 0 31 1 +MON#1"), /never fires/],
  [cron(`${"0,".repeat(600)}0 * * * *`), /too long/],
  [cron("2026-12-01T09:00"), /is not a cron pattern/],
  [once("2026-02-30T09:00"), /a day that does not exist/],
  [once("2026-13-01T09:00"), /a day that does not exist/],
  [once("2026-12-01"), /is not a time; write it as "2026-12-01T09:00"/],
  [once("2026-12-01 09:00"), /is not a time/],
  [once("2026-12-01T24:00"), /no such time of day/],
  [once("2026-12-01T09:00:30"), /names seconds.*leave the seconds out/],
  [once("2026-12-01T09:00:00.5Z"), /names seconds/],
  [once("2026-12-01T09:00+25:00"), /no such offset/],
  [once("tomorrow"), /is not a time/],
  [{ kind: "hour_minute", hour: 24, minute: 0 }, /hour must be a whole number from 0 to 23, or null.*got 24/],
  [{ kind: "hour_minute", hour: 1.5, minute: 0 }, /hour must be/],
  [{ kind: "hour_minute", hour: 1, minute: 60 }, /minute must be a whole number from 0 to 59; got 60/],
  [{ kind: "hour_minute", hour: 1, minute: -1 }, /minute must be/],
];

function compiled(entry: ScheduleEntry, zone: string) {
  return compileSchedule({ entries: [entry], zone: undefined, notBefore: undefined, notAfter: undefined }, zone);
}

describe("checking an entry", () => {
  test.each(GOOD.map((entry) => [JSON.stringify(entry), entry] as const))("finds nothing wrong with %s", (_, entry) => {
    expect(checkEntry(entry, "Asia/Seoul")).toBeUndefined();
    expect(() => compiled(entry, "Asia/Seoul")).not.toThrow();
  });

  test.each(BAD.map(([entry, words]) => [JSON.stringify(entry).slice(0, 80), entry, words] as const))(
    "says what is wrong with %s, and compiling refuses it in the same words",
    (_, entry, words) => {
      const problem = checkEntry(entry, "UTC");
      expect(problem).toMatch(words);
      expect(() => compiled(entry, "UTC")).toThrow(new RangeError(problem));
    },
  );

  test("names a zone that does not exist", () => {
    expect(checkEntry(cron("* * * * *"), "Mars/Phobos")).toMatch(/"Mars\/Phobos" is not a time zone/);
    expect(() => compiled(cron("* * * * *"), "Mars/Phobos")).toThrow(RangeError);
  });

  test("shows control characters of the document escaped", () => {
    expect(checkEntry(cron("\u001b[31m* * *"), "UTC")).not.toContain("\u001b");
    expect(checkEntry(once("\u001b[31m"), "UTC")).not.toContain("\u001b");
  });
});
