import fc from "fast-check";
import { expect, test } from "vitest";
import { fitsUrl } from "../../src/rehearsal/url-pattern.ts";

const SEED = Number(process.env["REHEARSAL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test("a URL fits itself, also without the slash that every URL has", () => {
  expect(fitsUrl("https://a.test/", "https://a.test")).toBe(true);
  expect(fitsUrl("https://a.test/x?y=1", "https://a.test/x?y=1")).toBe(true);
  expect(fitsUrl("https://a.test/x", "https://a.test/")).toBe(false);
  expect(fitsUrl("https://a.test/xyz", "https://a.test/x")).toBe(false);
});

test(`each star stands for any characters (REHEARSAL_SEED=${SEED})`, () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "*"), maxLength: 8 });
  fc.assert(
    fc.property(text, pattern, (url, stars) => {
      const pieces = stars.split("*").map((it) => it.replaceAll(".", "\\."));
      expect(fitsUrl(url, stars)).toBe(new RegExp(`^${pieces.join("[^]*")}$`).test(url));
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("a pattern full of stars takes no time", () => {
  expect(fitsUrl(`${"a".repeat(100_000)}c`, `${"a*".repeat(1_000)}b`)).toBe(false);
});
