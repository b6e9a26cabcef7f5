import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JSON_DEPTH_MAX, parseExactJson } from "../../src/expression/exact-json.ts";
import { ExactDecimal } from "../../src/model/json.ts";
import type { JsonValue } from "../../src/model/json.ts";
import { jsonText } from "../../src/model/json-text.ts";
import { anyJson, withDoubles } from "./json-values.ts";

const read = (text: string): unknown => {
  const parsed = parseExactJson(text);
  return parsed.ok ? parsed.value : `error: ${parsed.error}`;
};

describe("JSON is read without loss:", () => {
  test.each<[string, JsonValue]>([
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["-9007199254740993", -9007199254740993n],
    ["12345678901234567890123", 12345678901234567890123n],
    ["0.1", 0.1],
    ["0.10", 0.1],
    ["1.0", 1],
    ["1e3", 1000],
    ["1E+2", 100],
    ["-0", -0],
    ["1e21", 1e21],
    ["0.12345678901234567890", new ExactDecimal("0.12345678901234567890")],
    ["9007199254740993.0", new ExactDecimal("9007199254740993.0")],
    ["1e400", new ExactDecimal("1e400")],
    ["-1e-400", new ExactDecimal("-1e-400")],
    ["1e999999999999999999999", new ExactDecimal("1e999999999999999999999")],
    ["\u{feff}[1]", [1]],
    [" \t\r\n[ 1 , 2 ]\n", [1, 2]],
    ['"\\u00e9\\n\\"\\\\\\/\\ud83d\\ude00"', 'é\n"\\/😀'],
    ['"\\ud83d"', "\ud83d"],
    ['["a\\\\","b"]', ["a\\", "b"]],
    ["[]", []],
    ["null", null],
  ])("%s", (text, value) => expect(read(text)).toStrictEqual(value));

  test("a name that comes twice has its last value", () => {
    expect(read('{"a":1,"b":2,"a":{"c":3}}')).toEqual(
      Object.assign(Object.create(null), { a: Object.assign(Object.create(null), { c: 3 }), b: 2 }),
    );
  });

  test("fields with the names of methods are fields, and reach no prototype", () => {
    const value = read('{"__proto__":{"admin":true},"constructor":1,"valueOf":2}') as object;
    expect(Object.getPrototypeOf(value)).toBe(null);
    expect(Object.keys(value)).toEqual(["__proto__", "constructor", "valueOf"]);
    expect("admin" in {}).toBe(false);
  });

  test("whatever is written as JSON comes back", () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        // toStrictEqual asks a field called constructor what its object is.
        expect(isDeepStrictEqual(read(jsonText(value)), value)).toBe(true);
      }),
    );
  });

  test("as JSON.parse reads it, but for what a double can't hold", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), anyJson.map(jsonText)), (text) => {
        expect(withDoubles(read(text) as JsonValue)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("whole numbers as BigInt reads them", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (value) => {
        expect(BigInt(String(read(String(value))))).toBe(value);
      }),
    );
  });
});

describe("what is not JSON", () => {
  test.each([
    ["", "is empty, not JSON"],
    [" \n", "is empty, not JSON"],
    ["{", "breaks off before its end"],
    ['{"a":1', "breaks off before its end"],
    ['"abc', "breaks off before its end"],
    ['"abc\\"', "breaks off before its end"],
    ["[1,", "breaks off before its end"],
    ['{"a":1,}', "where the name of a field must be, at character 8"],
    ["{a:1}", "where the name of a field must be, at character 2"],
    ['{"a" 1}', "where a colon must be, at character 6"],
    ['{"a":1 "b":2}', "in an object, at character 8"],
    ["[1 2]", "in a list, at character 4"],
    ["[01]", "in a list, at character 3"],
    ["[1.]", "in a list, at character 3"],
    ["[+1]", "where a value must be, at character 2"],
    ["[.5]", "where a value must be"],
    ["NaN", "where a value must be"],
    ["tru", "where a value must be"],
    ["<html>", "where a value must be, at character 1"],
    ["{} {}", "after its end, at character 4"],
    ['"tab\t"', "a wrong escape or a bare control character"],
    ['["ok","\\x41"]', "the text at character 7 holds a wrong escape"],
    ["'a'", "where a value must be"],
    [`[${"9".repeat(1001)}]`, "holds a number of 1001 characters, at character 2"],
  ])("%s is said to be so, with its place", (text, words) => {
    expect(read(text)).toContain("error: ");
    expect(read(text)).toContain(words);
  });

  test("is refused exactly where JSON.parse refuses it", () => {
    const nearly = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "]", "}", '"', "\\", "0", "e", " ", "\u0001", "-"))
      .map(
        ([json, at, other]) => json.slice(0, at % (json.length + 1)) + other + json.slice((at % (json.length + 1)) + 1),
      );
    fc.assert(
      fc.property(nearly, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(parseExactJson(text).ok).toBe(isJson);
      }),
      { numRuns: 1000 },
    );
  });

  test("is never repeated in the message, because it may hold a secret", () => {
    expect(read('{"token": s3cr3t}')).not.toContain("s3cr");
  });
});

describe("deep JSON", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

  test(`is read up to ${JSON_DEPTH_MAX} levels`, () => {
    expect(parseExactJson(nested(JSON_DEPTH_MAX)).ok).toBe(true);
    expect(read(nested(JSON_DEPTH_MAX + 1))).toContain("nested deeper than 200 levels");
  });

  test("of a million levels is refused after the first of them", () => {
    for (const text of ["[".repeat(1_000_000), '{"a":'.repeat(1_000_000), nested(1_000_000)]) {
      expect(read(text)).toMatch(/nested deeper than 200 levels, at character (201|1001)$/);
    }
  });
});
