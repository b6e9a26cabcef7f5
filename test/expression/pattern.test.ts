import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CostlySearchError } from "../../src/expression/costly-search-error.ts";
import { PATTERN_LENGTH_MAX, compilePattern } from "../../src/expression/pattern.ts";
import type { Pattern } from "../../src/expression/pattern.ts";
import { GROWTH_MAX, growthForSixteenfold } from "../support/growth.ts";

function pattern(text: string): Pattern {
  const compiled = compilePattern(text);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.pattern;
}
const problem = (text: string): string => {
  const compiled = compilePattern(text);
  return compiled.ok ? "" : compiled.error;
};

describe("a pattern", () => {
  test("gives the first find and its groups, empty where a group took no part", () => {
    expect(pattern("id=(\\d+)(x)?").find("a id=12 id=34")).toEqual(["id=12", "12", ""]);
    expect(pattern("b*").find("abc")).toEqual([""]);
    expect(pattern("z").find("abc")).toBeUndefined();
    expect(pattern("(?P<year>\\d{4})-(\\d\\d)").find("on 2026-11-21")).toEqual(["2026-11", "2026", "11"]);
  });

  test("can be asked whether it is in a text, or all of it", () => {
    expect(pattern("b+").isIn("abbc")).toBe(true);
    expect(pattern("b+").isWhole("abbc")).toBe(false);
    expect(pattern("a|ab").isWhole("ab")).toBe(true);
    expect(pattern("^b").isIn("ab")).toBe(false);
    expect(pattern("(?i)STRASSE|é").isIn("É strasse")).toBe(true);
  });

  test("finds what JavaScript finds", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "[ab]",
      "(a|b)",
      "a*",
      "b+?",
      "(ab)?",
      ".",
      "c{1,2}",
      "^",
      "$",
      "\\d",
      "(?:c|a)",
    );
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", " "), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), texts, (pieces, text) => {
        const written = pieces.join("");
        const expected = new RegExp(written).exec(text);
        expect(pattern(written).find(text)).toEqual(
          expected === null ? undefined : [...expected].map((group) => group ?? ""),
        );
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["(?=a)", "uses lookaround, which the linear-time engine does not have"],
    ["a(?<!b)", "uses lookaround"],
    ["(a)\\1", "uses a backreference"],
    ["[a", "the pattern [a can't be read: missing closing ]"],
    ["(a", "can't be read"],
    ["*", "can't be read"],
    ["a{1001}", "can't be read: invalid repeat count"],
    ["(\\pL{500}){2}x{300}", "is too large with its repeats written out; repeat less often"],
    ["[a-z]{900}", "is too large with its repeats written out"],
    ["x".repeat(PATTERN_LENGTH_MAX + 1), "longer than 512 characters"],
  ])("like %s is refused with a reason", (text, words) => expect(problem(text)).toContain(words));

  test.each(["^(a+)+$", "(a|aa)+$", "(.*a){12}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a*)*b", "(x+x+)+y"])(
    "like %s, which holds other engines for years, takes time in proportion to the text",
    (written) => {
      // Short texts go through a faster part of the engine.
      const growth = growthForSixteenfold(40_000, (size) => {
        const text = `${"a".repeat(size)}!`;
        return () => void pattern(written).find(text);
      });
      expect(growth).toBeLessThan(GROWTH_MAX);
    },
  );

  test("that is large is refused a long text instead of taking very long", () => {
    const large = pattern("(?:a[ab]{400}c)(d)|((ab)+)$");
    expect(large.find("aabab")).toEqual(["abab", "", "abab", "ab"]);
    const long = "aab".repeat(300_000);
    expect(() => large.find(long)).toThrow(CostlySearchError);
    expect(() => large.isIn(long)).toThrow("too large for a text of 900000 characters; repeat less often in it");
    expect(pattern("ab$").find(long)).toEqual(["ab"]);
  });
});
