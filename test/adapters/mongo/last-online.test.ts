import { describe, expect, test } from "vitest";
import { readLastOnline } from "../../../src/adapters/mongo/last-online.ts";
import { type EpochMs, HOUR_MS, MINUTE_MS } from "../../../src/model/time.ts";

const NOW = Date.parse("2026-11-21T05:30:20Z") as EpochMs;
const ago = (ms: number) => NOW - ms;

describe("the last sign of an agent of the original", () => {
  const recent = ago(2 * MINUTE_MS);
  const long = ago(4 * MINUTE_MS);
  test.each([
    ["a date", (at: number) => new Date(at)],
    ["minutes since 1970", (at: number) => Math.floor(at / MINUTE_MS)],
    ["seconds since 1970", (at: number) => Math.floor(at / 1_000)],
    ["milliseconds since 1970", (at: number) => at],
    ["milliseconds as a bigint", (at: number) => BigInt(at)],
    ["ISO text", (at: number) => new Date(at).toISOString()],
    ["minutes as text", (at: number) => String(Math.floor(at / MINUTE_MS))],
  ])("as %s is alive within 3 minutes and not after", (_, write) => {
    expect(readLastOnline(write(recent), NOW).alive).toBe(true);
    expect(readLastOnline(write(long), NOW).alive).toBe(false);
  });

  test("as a wall time of an unknown zone is alive if it is just past in some zone", () => {
    expect(readLastOnline("2026-11-21T14:29", NOW).alive).toBe(true);
    expect(readLastOnline("2026-11-21 05:29:00", NOW).alive).toBe(true);
    expect(readLastOnline(202611211429, NOW).alive).toBe(true);
    expect(readLastOnline("2026-11-21T14:20", NOW).alive).toBe(false);
    expect(readLastOnline("2026-11-19T14:29", NOW).alive).toBe(false);
    expect(readLastOnline(202611191429, NOW).alive).toBe(false);
  });

  test("ahead of the server's time is alive", () => {
    expect(readLastOnline(new Date(NOW + HOUR_MS), NOW).alive).toBe(true);
  });

  test("that can't be read is alive, and no sign at all is not", () => {
    for (const value of ["soon", 7, {}, [], true])
      expect(readLastOnline(value, NOW)).toEqual({ alive: true, at: undefined });
    for (const value of [null, undefined, ""]) expect(readLastOnline(value, NOW).alive).toBe(false);
  });
});
