import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../../src/model/time.ts";
import { parseAskedTime } from "../../../src/query/why/asked-time.ts";

const NOW = Date.parse("2026-11-21T11:30:10Z") as EpochMs;

function momentsOf(text: string, zone = "Europe/Berlin"): readonly string[] | undefined {
  return parseAskedTime(text, zone, NOW)?.moments.map((it) => new Date(it).toISOString().slice(0, 16));
}

describe("a time that a person asks about", () => {
  test.each([
    ["12:05", ["2026-11-21T11:05"]],
    ["9:05", ["2026-11-21T08:05"]],
    ["today 12:05", ["2026-11-21T11:05"]],
    ["Yesterday 12:05", ["2026-11-20T11:05"]],
    ["tomorrow 00:00", ["2026-11-21T23:00"]],
    ["2026-07-01 12:05", ["2026-07-01T10:05"]],
    ["2026-07-01T12:05", ["2026-07-01T10:05"]],
    ["2026-07-01", ["2026-06-30T22:00"]],
    ["2026-07-01T12:05:40+09:00", ["2026-07-01T03:05"]],
    ["2026-07-01T12:05:00Z", ["2026-07-01T12:05"]],
  ])("%s is read in the job's zone, to the minute", (text, moments) => {
    expect(momentsOf(text)).toEqual(moments);
  });

  test.each(["", "noon", "24:00", "12:60", "2026-02-30 12:00", "2026-13-01T12:00", "2026-07-01 25:00"])(
    "%o is none",
    (text) => {
      expect(momentsOf(text)).toBeUndefined();
    },
  );

  test("is today by the wall clock of the zone, not by UTC", () => {
    const lateInUtc = Date.parse("2026-11-20T15:30:00Z") as EpochMs;
    const asked = parseAskedTime("00:10", "Asia/Seoul", lateInUtc);
    expect(asked?.moments).toEqual([Date.parse("2026-11-20T15:10:00Z")]);
  });

  test("that clocks were put forward over stands for the first minute after", () => {
    const asked = parseAskedTime("2026-03-29 02:30", "Europe/Berlin", NOW);
    expect(asked?.moments).toEqual([Date.parse("2026-03-29T01:00:00Z")]);
    expect(asked?.inGap?.text).toBe("2026-03-29 02:30");
  });

  test("that came twice is both moments, the first one first", () => {
    expect(momentsOf("2026-10-25 02:30")).toEqual(["2026-10-25T00:30", "2026-10-25T01:30"]);
    expect(momentsOf("2026-04-05 01:45", "Australia/Lord_Howe")).toEqual(["2026-04-04T14:45", "2026-04-04T15:15"]);
  });

  test("in a gap of half an hour stands for the first minute after as well", () => {
    const asked = parseAskedTime("2026-10-04 02:10", "Australia/Lord_Howe", NOW);
    expect(asked?.moments).toEqual([Date.parse("2026-10-03T15:30:00Z")]);
    expect(asked?.inGap).toBeDefined();
  });
});
