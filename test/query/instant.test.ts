import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDuration } from "../../src/query/duration.ts";
import { parseInstant } from "../../src/query/instant.ts";

const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());

describe("an instant that a person types", () => {
  test("is exact with an offset, whatever the zone", () => {
    expect(iso(parseInstant("2026-03-28T00:00:00Z", "Asia/Seoul"))).toBe("2026-03-28T00:00:00.000Z");
    expect(iso(parseInstant("2026-03-28T00:00+05:45", "Asia/Seoul"))).toBe("2026-03-27T18:15:00.000Z");
    expect(iso(parseInstant("2026-03-28T00:00:01.5Z", "UTC"))).toBe("2026-03-28T00:00:01.500Z");
  });

  test("is a wall time or a midnight of the zone without one", () => {
    expect(iso(parseInstant("2026-03-28T09:30", "Asia/Seoul"))).toBe("2026-03-28T00:30:00.000Z");
    expect(iso(parseInstant("2026-03-28T09:30:00", "Asia/Seoul"))).toBe("2026-03-28T00:30:00.000Z");
    expect(iso(parseInstant("2026-03-28", "America/New_York"))).toBe("2026-03-28T04:00:00.000Z");
    expect(iso(parseInstant("1969-07-20", "UTC"))).toBe("1969-07-20T00:00:00.000Z");
  });

  test("is the first minute after a gap, and the first of two", () => {
    expect(iso(parseInstant("2026-03-29T02:30", "Europe/Berlin"))).toBe("2026-03-29T01:00:00.000Z");
    expect(iso(parseInstant("2026-10-25T02:30", "Europe/Berlin"))).toBe("2026-10-25T00:30:00.000Z");
  });

  test.each([
    "",
    "now",
    "2026-02-30",
    "2026-13-01",
    "2026-01-01T24:30",
    "2026-01-01T10:00:30",
    "1",
    "2026-1-1",
    "2026-01-01 10:00",
  ])("is not %j", (text) => expect(parseInstant(text, "UTC")).toBeUndefined());

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseInstant(text, "Europe/Berlin")).not.toThrow();
      }),
    );
  });
});

describe("a duration that a person types", () => {
  test("is a number and a unit", () => {
    expect(["90s", "15m", "2h", "3d", "0s"].map(parseDuration)).toEqual([90_000, 900_000, 7_200_000, 259_200_000, 0]);
    expect(["", "5", "s", "-5s", "1.5h", "5 s", "5w", "9999999s"].map(parseDuration)).toEqual(Array(8).fill(undefined));
  });
});
