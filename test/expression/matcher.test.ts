import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mismatch, renderMatcher } from "../../src/expression/matcher.ts";
import { ExactDecimal } from "../../src/model/json.ts";
import type { JsonValue } from "../../src/model/json.ts";
import { isList } from "../../src/model/json-text.ts";
import type { Matcher } from "../../src/model/matcher.ts";
import { anyJson } from "./json-values.ts";
import { scopeOf } from "../support/scope-of.ts";

const decimal = (digits: string): ExactDecimal => new ExactDecimal(digits);

describe("a matcher", () => {
  test.each<[Matcher, JsonValue | undefined]>([
    [{ equals: 200 }, 200],
    [{ equals: 1 }, decimal("1.0")],
    [{ equals: 1n }, 1],
    [{ equals: decimal("0.10") }, 0.1],
    [{ equals: null }, null],
    [{ equals: { a: [1, { b: 2n }] } }, { a: [decimal("1.00"), { b: 2 }] }],
    [{ equals: { a: 1, b: 2 } }, { b: 2, a: 1 }],
    [{ equals: 12345678901234567890n }, 12345678901234567890n],
    [{ notEquals: 12345678901234567891n }, 12345678901234567890n],
    [{ notEquals: "1" }, 1],
    [{ notEquals: "x" }, undefined],
    [{ notIn: ["x"] }, undefined],
    [{ in: ["complete", "cancelled"] }, "cancelled"],
    [{ in: [[1], null] }, [1n]],
    [{ notIn: [] }, "anything"],
    [{ gt: 5, lt: 7 }, 6],
    [{ gte: 5, lte: 5 }, decimal("5.000")],
    [{ gt: decimal("1e400") }, decimal("1.1e400")],
    [{ lt: 0 }, -1e-300],
    [{ gt: 9007199254740992 }, 9007199254740993n],
    [{ gte: "2026-11-21" }, "2026-11-21T05:30:00Z"],
    [{ exists: true }, null],
    [{ exists: true }, ""],
    [{ exists: false }, undefined],
    [{ matches: "^ok" }, "ok then"],
    [{ matches: "b+" }, "abc"],
    [{}, undefined],
    [{ exists: true, gt: 1, notEquals: 3, matches: undefined as never }, 2],
  ])("%o holds for %o", (matcher, value) => expect(mismatch(value, matcher)).toBeUndefined());

  test.each<[Matcher, JsonValue | undefined, string]>([
    [{ equals: 200 }, 500, "is 500, expected 200"],
    [{ equals: "ok" }, undefined, 'is missing, expected "ok"'],
    [{ equals: "5" }, 5, 'is 5, expected "5"'],
    [{ equals: [1, 2] }, [2, 1], "is [2,1], expected [1,2]"],
    [{ equals: { a: 1 } }, { a: 1, b: 2 }, 'is {"a":1,"b":2}, expected {"a":1}'],
    [{ equals: { a: 1, b: 2 } }, { a: 1 }, 'is {"a":1}, expected {"a":1,"b":2}'],
    [{ equals: 9007199254740993n }, 9007199254740992, "is 9007199254740992, expected 9007199254740993"],
    [{ equals: false }, null, "is null, expected false"],
    [{ notEquals: 1 }, decimal("1.0"), "is 1.0, expected anything else"],
    [{ in: ["a", "b"] }, "c", 'is "c", expected one of ["a","b"]'],
    [{ in: ["a"] }, undefined, 'is missing, expected one of ["a"]'],
    [{ notIn: ["a", "b"] }, "a", 'is "a", expected none of ["a","b"]'],
    [{ in: "abc" }, "a", `can't be compared: "in" is "abc" and no list`],
    [{ notIn: 5 }, "a", `can't be compared: "not_in" is 5 and no list`],
    [{ gt: 5 }, 5, "is 5, expected more than 5"],
    [{ gte: 5 }, 4.9, "is 4.9, expected at least 5"],
    [{ lt: 5 }, undefined, "is missing, expected less than 5"],
    [{ lte: decimal("0.12345678901234567890") }, 0.2, "is 0.2, expected at most 0.12345678901234567890"],
    [{ gt: 5 }, "6", `is "6", which can't be compared with 5`],
    [{ lt: 5 }, null, "is null, which can't be compared with 5"],
    [{ exists: false }, null, "is null, expected nothing there"],
    [{ exists: true }, undefined, "is missing"],
    [{ matches: "^ok" }, "not ok", 'is "not ok", which does not match ^ok'],
    [{ matches: "5" }, 5, "is 5, expected a text that matches 5"],
    [{ matches: "5" }, undefined, "is missing, expected a text that matches 5"],
    [{ matches: "(" }, "a", "can't be matched: the pattern ( can't be read"],
    [{ gt: 1, lt: 3, in: [2, 5] }, 5, "is 5, expected less than 3"],
  ])("%o says why it does not hold for %o", (matcher, value, words) =>
    expect(mismatch(value, matcher)).toContain(words),
  );

  test("never repeats a part of a long value, because a part of a secret would not be found in it", () => {
    const secret = "s3cr3t".repeat(100);
    for (const value of [secret, [secret], { a: secret }, { [secret]: 1 }, [[[secret]]]]) {
      const words = mismatch(value, { equals: "x" });
      expect(words).not.toContain("s3c");
      expect(words?.length).toBeLessThan(100);
    }
    expect(mismatch(secret, { equals: "x" })).toBe('is a text of 600 characters, expected "x"');
    expect(
      mismatch(
        Array.from({ length: 500 }, () => 1),
        { equals: "x" },
      ),
    ).toContain("is a list of 500 items");
    expect(mismatch({ a: secret }, { equals: "x" })).toContain("is an object of 1 field,");
  });

  test("agrees with a comparison of all that is written", () => {
    fc.assert(
      fc.property(anyJson, anyJson, (a, b) => {
        const isSame = dumbText(a) === dumbText(b);
        expect(mismatch(a, { equals: b }) === undefined).toBe(isSame);
        expect(mismatch(a, { notEquals: b }) === undefined).toBe(!isSame);
        expect(mismatch(a, { in: [b] }) === undefined).toBe(isSame);
        expect(mismatch(a, { notIn: [b, b] }) === undefined).toBe(!isSame);
        expect(mismatch(a, { equals: a })).toBeUndefined();
      }),
    );
  });

  test("puts numbers in the order of their exact values", () => {
    const scaled = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(scaled, scaled, ([a, aPlaces], [b, bPlaces]) => {
        const left = a * 10n ** BigInt(bPlaces);
        const right = b * 10n ** BigInt(aPlaces);
        const value = decimal(`${a}e-${aPlaces}`);
        const limit = decimal(`${b}e-${bPlaces}`);
        expect(mismatch(value, { gt: limit }) === undefined).toBe(left > right);
        expect(mismatch(value, { gte: limit }) === undefined).toBe(left >= right);
        expect(mismatch(value, { lt: limit }) === undefined).toBe(left < right);
        expect(mismatch(value, { lte: limit }) === undefined).toBe(left <= right);
        expect(mismatch(value, { equals: limit }) === undefined).toBe(left === right);
      }),
    );
  });

  test("compares numbers of any exponent at once", () => {
    expect(mismatch(decimal("1e999999999999"), { gt: decimal("9e999999999998") })).toBeUndefined();
    expect(mismatch(decimal("-1e-999999999999"), { lt: 0, gt: -1e-300 })).toBeUndefined();
  });
});

describe("the templates of a matcher", () => {
  const scope = scopeOf({ KEY: "k" }, { vars: { list: ["a", 5], five: 5, pattern: "^a+$" } });

  test("are filled in, with their types kept", () => {
    const matcher: Matcher = {
      equals: "{{vars.five}}",
      notEquals: { a: ["{{KEY}}"] },
      in: "{{vars.list}}",
      notIn: ["{{KEY}}"],
      gt: "{{vars.five}}",
      matches: "{{vars.pattern}}",
      exists: true,
    };
    const rendered = renderMatcher(matcher, scope);
    expect(rendered).toMatchObject({
      ok: true,
      value: { equals: 5, notEquals: { a: ["k"] }, in: ["a", 5], notIn: ["k"], gt: 5, matches: "^a+$", exists: true },
    });
    expect(renderMatcher({ lte: 1 }, scope)).toEqual({ ok: true, value: { lte: 1 } });
  });

  test("are an error where a name has no value", () => {
    expect(renderMatcher({ in: ["{{vars.nope}}"] }, scope)).toMatchObject({
      ok: false,
      error: "{{vars.nope}} has no value",
    });
    expect(renderMatcher({ matches: "{{NOPE}}" }, scope)).toMatchObject({ ok: false });
  });
});

/** Everything in one form, in which values are the same exactly when their texts are. */
function dumbText(value: JsonValue): string {
  if (typeof value === "number" || typeof value === "bigint" || value instanceof ExactDecimal) {
    return `n${shortest(value instanceof ExactDecimal ? value.digits : String(value))}`;
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(dumbText).join()}]`;
  const fields = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${dumbText(inner)}`);
  return `{${fields.toSorted().join()}}`;
}

/** A number as a fraction of whole numbers: enough for exponents that a double can have. */
function shortest(written: string): string {
  const [mantissa = "", exponent = "0"] = written.split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  let over = BigInt(whole + fraction);
  let under = 10n ** BigInt(fraction.length);
  if (Number(exponent) > 0) over *= 10n ** BigInt(exponent);
  else under *= 10n ** BigInt(-Number(exponent));
  while (over !== 0n && over % 10n === 0n && under % 10n === 0n) [over, under] = [over / 10n, under / 10n];
  return over === 0n ? "0" : `${over}/${under}`;
}
