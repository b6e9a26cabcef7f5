import fc from "fast-check";
import { Cron } from "croner";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/model/time.ts";
import { nextOccurrence, occurrencesIn } from "../../src/schedule/due.ts";
import { at, dueIn, scheduleIn } from "./schedules.ts";

describe("the next occurrence", () => {
  test("is later than the moment asked about, even when that is an occurrence itself", () => {
    const schedule = scheduleIn("UTC", "0 12 * * *");
    expect(nextOccurrence(schedule, at("2026-11-21T12:00Z"))?.scheduledFor).toBe(at("2026-11-22T12:00Z"));
    expect(nextOccurrence(schedule, at("2026-11-21T11:59:59.999Z"))?.scheduledFor).toBe(at("2026-11-21T12:00Z"));
  });

  test("of a leap day is found over the eight years around 2100", () => {
    const schedule = scheduleIn("Europe/Berlin", "0 0 29 2 *");
    expect(nextOccurrence(schedule, at("2096-03-01T00:00Z"))?.local).toBe("2104-02-29T00:00:00+01:00");
  });

  test("of a leap day that is a Monday is found over decades", () => {
    const schedule = scheduleIn("UTC", "0 0 29 2 +MON");
    expect(nextOccurrence(schedule, at("2026-01-01T00:00Z"))?.local).toBe("2044-02-29T00:00:00+00:00");
  });

  test("is absent after the last one", () => {
    expect(nextOccurrence(scheduleIn("UTC", "2026-12-01T09:00"), at("2026-12-01T09:00Z"))).toBeUndefined();
    expect(nextOccurrence(scheduleIn("UTC", []), at("2026-12-01T09:00Z"))).toBeUndefined();
    const ended = scheduleIn("UTC", "* * * * *", { notAfter: "2026-01-01T00:00Z" });
    expect(nextOccurrence(ended, at("2026-01-01T00:00Z"))).toBeUndefined();
  });

  test("waits for not_before, and not_after is included", () => {
    const schedule = scheduleIn("UTC", "@hourly", { notBefore: "2030-05-05T10:00Z", notAfter: "2030-05-05T12:00Z" });
    const due = dueIn(schedule, "2026-01-01T00:00Z", "2040-01-01T00:00Z");
    expect(due.map((it) => it.key)).toEqual(["2030-05-05T10:00Z", "2030-05-05T11:00Z", "2030-05-05T12:00Z"]);
    expect(nextOccurrence(schedule, at("2026-01-01T00:00Z"))?.key).toBe("2030-05-05T10:00Z");
  });

  test("of any date pattern is the one that croner finds in UTC", () => {
    const dates = fc.constantFrom(
      "L * *",
      "15W * *",
      "LW * *",
      "1W 6 *",
      "31 * *",
      "* * FRI#L",
      "* * 5#2",
      "* * TUE#5",
      "13 * FRI",
      "13 * +FRI",
      "29 2 *",
      "1,15 1-3 *",
      "* 2 0",
      "*/7 */5 *",
      "L 2 1",
      "31W * *",
      "1-7 * +MON",
      "* JAN-MAR MON,WED",
    );
    const moment = fc.integer({ min: Date.parse("1971-01-01"), max: Date.parse("2190-01-01") });
    fc.assert(
      fc.property(dates, moment, (date, after) => {
        const text = `30 6 ${date}`;
        const expected = new Cron(text, { utcOffset: 0, mode: "5-part" }).nextRun(new Date(after))?.toISOString();
        const found = nextOccurrence(scheduleIn("UTC", text), after as EpochMs);
        expect(found && new Date(found.scheduledFor).toISOString()).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a long window", () => {
  test("is gone through without holding it: a year of minutes can be left after the third", () => {
    const taken: string[] = [];
    for (const it of occurrencesIn(scheduleIn("Europe/Berlin", "* * * * *"), {
      after: at("2026-01-01T00:00Z"),
      upTo: at("9999-01-01T00:00Z"),
    })) {
      taken.push(it.key);
      if (taken.length === 3) break;
    }
    expect(taken).toEqual(["2026-01-01T00:01Z", "2026-01-01T00:02Z", "2026-01-01T00:03Z"]);
  });

  test("of a year holds each of its 525600 minutes once", () => {
    const schedule = scheduleIn("Europe/Berlin", "* * * * *");
    let count = 0;
    let last = at("2026-01-01T00:00Z");
    for (const it of occurrencesIn(schedule, { after: last, upTo: at("2027-01-01T00:00Z") })) {
      if (it.scheduledFor - last !== 60_000)
        throw new Error(`${it.key} does not follow ${new Date(last).toISOString()}`);
      last = it.scheduledFor;
      count++;
    }
    expect(count).toBe(525_600);
  });

  test("that is empty or upside down has nothing", () => {
    const schedule = scheduleIn("UTC", "* * * * *");
    expect(dueIn(schedule, "2026-01-01T00:00Z", "2026-01-01T00:00Z")).toEqual([]);
    expect(dueIn(schedule, "2026-01-02T00:00Z", "2026-01-01T00:00Z")).toEqual([]);
  });
});

describe("one time", () => {
  test("without an offset is a wall time of the zone, keyed by it; with one it is exact, keyed in UTC", () => {
    const schedule = scheduleIn("Asia/Seoul", [
      "2026-12-01T09:00",
      "2026-12-01T09:00+01:00",
      "2026-12-01t10:00:00.000z",
    ]);
    const due = dueIn(schedule, "2026-11-01T00:00Z", "2027-01-01T00:00Z");
    expect(due.map((it) => [it.key, it.local])).toEqual([
      ["2026-12-01T09:00[Asia/Seoul]", "2026-12-01T09:00:00+09:00"],
      ["2026-12-01T08:00Z", "2026-12-01T17:00:00+09:00"],
      ["2026-12-01T10:00Z", "2026-12-01T19:00:00+09:00"],
    ]);
  });

  test("in a gap runs when the gap ends", () => {
    const due = dueIn(scheduleIn("Europe/Berlin", "2026-03-29T02:30"), "2026-01-01T00:00Z", "2027-01-01T00:00Z");
    expect(due.map((it) => [it.key, it.local])).toEqual([
      ["2026-03-29T02:30[Europe/Berlin]", "2026-03-29T03:00:00+02:00"],
    ]);
  });
});
