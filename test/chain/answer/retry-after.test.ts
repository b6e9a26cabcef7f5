import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryAfterMs } from "../../../src/chain/answer/retry-after.ts";
import type { EpochMs } from "../../../src/model/time.ts";

const now = Date.UTC(1994, 10, 6, 8, 49, 0) as EpochMs;

describe("what a server asks for with Retry-After", () => {
  test.each([
    ["120", 120_000],
    ["0", 0],
    [" 7 ", 7_000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 37_000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 37_000],
    ["Sun Nov  6 08:49:37 1994", 37_000],
    ["Sat, 31 Dec 1994 23:59:60 GMT", Date.UTC(1995, 0, 1) - now],
    ["Tue, 29 Feb 2000 00:00:00 GMT", Date.UTC(2000, 1, 29) - now],
  ])("is in %o a wait of %i ms", (header, ms) => expect(retryAfterMs(header, now)).toBe(ms));

  test.each(["Sun, 06 Nov 1994 08:48:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])(
    "is no wait where %s is over",
    (header) => expect(retryAfterMs(header, now)).toBe(0),
  );

  test.each([
    "",
    "-1",
    "1.5",
    "1e3",
    "soon",
    "120, 60",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
  ])("is nothing in %o", (header) => expect(retryAfterMs(header, now)).toBeUndefined());

  test("is a number whatever digits come", () => {
    expect(retryAfterMs("9".repeat(5_000), now)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test("reads a year of two digits as the one that is at most 50 years ahead", () => {
    const at = (header: string) => new Date(now + (retryAfterMs(header, now) ?? Number.NaN)).getUTCFullYear();
    expect(at("Sunday, 06-Nov-44 08:49:37 GMT")).toBe(2044);
    expect(retryAfterMs("Sunday, 06-Nov-45 08:49:37 GMT", now)).toBe(0);
    expect(at("Sunday, 06-Nov-99 08:49:37 GMT")).toBe(1999);
  });

  test("is exact to the second for every date that JavaScript writes in this form", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 * 365 * 86_400 }), (seconds) => {
        const at = now + seconds * 1_000;
        expect(retryAfterMs(new Date(at).toUTCString(), now)).toBe(seconds * 1_000);
      }),
    );
  });
});
