import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../src/model/time.ts";
import { readTime } from "../../src/schedule/read-time.ts";

const at = (iso: string) => Date.parse(iso) as EpochMs;
const BERLIN = "Europe/Berlin";

function read(text: string, after = "2026-07-01T00:00Z", zone = BERLIN): string | undefined {
  const found = readTime(text, at(after), zone);
  return found === undefined ? undefined : new Date(found).toISOString();
}

describe("an ISO time", () => {
  test.each([
    ["2026-12-01T09:00", "2026-12-01T08:00:00.000Z"],
    ["2026-07-01T09:00", "2026-07-01T07:00:00.000Z"],
    ["2026-12-01T09:00Z", "2026-12-01T09:00:00.000Z"],
    ["2026-12-01T09:00+09:00", "2026-12-01T00:00:00.000Z"],
    ["2026-12-01T09:00:30.25Z", "2026-12-01T09:00:30.250Z"],
    ["2026-12-01T09:00:30,123456", "2026-12-01T08:00:30.123Z"],
    ["  2026-12-01T09:00:59+0100 ", "2026-12-01T08:00:59.000Z"],
  ])("%s is %s, read in Berlin", (text, moment) => {
    expect(read(text)).toBe(moment);
  });

  test("of the past is the past", () => {
    expect(read("2020-01-01T00:00Z")).toBe("2020-01-01T00:00:00.000Z");
  });

  test("that Berlin's clocks jump over is the first minute after the gap; one that comes twice is the first", () => {
    expect(read("2026-03-29T02:30")).toBe("2026-03-29T01:00:00.000Z");
    expect(read("2026-03-29T02:30:40")).toBe("2026-03-29T01:00:00.000Z");
    expect(read("2026-10-25T02:30:40")).toBe("2026-10-25T00:30:40.000Z");
  });
});

describe("a time of day", () => {
  test.each([
    ["14:30", "2026-07-01T08:00Z", "2026-07-01T12:30:00.000Z"],
    ["14:30", "2026-07-01T12:29:59Z", "2026-07-01T12:30:00.000Z"],
    ["14:30", "2026-07-01T12:30Z", "2026-07-02T12:30:00.000Z"],
    ["00:00", "2026-07-01T12:30Z", "2026-07-01T22:00:00.000Z"],
    // 29 March has no 02:30 in Berlin; 25 October has two.
    ["02:30", "2026-03-28T12:00Z", "2026-03-29T01:00:00.000Z"],
    ["02:30", "2026-10-24T12:00Z", "2026-10-25T00:30:00.000Z"],
    ["02:30", "2026-10-25T00:45Z", "2026-10-26T01:30:00.000Z"],
  ])("%s after %s is %s in Berlin", (text, after, moment) => {
    expect(read(text, after)).toBe(moment);
  });
});

test.each([
  "",
  "soon",
  "9:00",
  "24:00",
  "12:60",
  "2026-02-30T09:00",
  "2026-12-01",
  "2026-12-01T09:00:61Z",
  "1764576000",
])('"%s" names no time', (text) => {
  expect(read(text)).toBeUndefined();
});

test("a zone that this machine does not know gives no time", () => {
  expect(read("14:30", "2026-07-01T00:00Z", "Mars/Phobos")).toBeUndefined();
});
