import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactDecimal } from "../../src/model/json.ts";
import { parseJsonc } from "../../src/schema/jsonc.ts";
import { ObjectIdHex } from "../../src/schema/object-id-hex.ts";
import { errorsOf, valueOf } from "./job-document.ts";

const read = (text: string): unknown => valueOf(parseJsonc(text));

describe("JSON with comments", () => {
  test("reads comments, trailing commas and a BOM", () => {
    expect(read('\uFEFF{ // a\n "a": [1, 2,], /* b */ "b": null, }')).toEqual({ a: [1, 2], b: null });
  });

  test("reads whatever JSON says, as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/"\$\w+":|e\+|\d{16}/.test(text));
        expect(JSON.stringify(read(text))).toBe(text);
      }),
    );
  });

  test("keeps whole numbers beyond 2^53 exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), (value) => {
        expect(BigInt(read(`[${value}]`) as unknown as string)).toBe(value);
      }),
    );
    expect(read("9007199254740991")).toBe(9007199254740991);
    expect(read("9007199254740993")).toBe(9007199254740993n);
  });

  test("understands the wrappers of Extended JSON", () => {
    expect(
      read(`{
        "_id": { "$oid": "65A1B2C3D4E5F60718293A4B" },
        "a": { "$date": "2026-12-01T09:00:00Z" },
        "b": { "$date": { "$numberLong": "1000" } },
        "c": { "$numberLong": "9007199254740993" },
        "d": { "$numberLong": "7" },
        "e": { "$numberDecimal": "0.10" },
        "f": { "$numberInt": "-3" },
        "g": { "$numberDouble": "1.5" },
        "h": { "$oid": "65a1b2c3d4e5f60718293a4b", "more": 1 },
        "i": { "$gt": 1 }
      }`),
    ).toEqual({
      _id: new ObjectIdHex("65a1b2c3d4e5f60718293a4b"),
      a: new Date("2026-12-01T09:00:00Z"),
      b: new Date(1_000),
      c: 9007199254740993n,
      d: 7,
      e: new ExactDecimal("0.10"),
      f: -3,
      g: 1.5,
      h: { $oid: "65a1b2c3d4e5f60718293a4b", more: 1 },
      i: { $gt: 1 },
    });
  });

  test.each(['{"$oid":"xyz"}', '{"$date":"soon"}', '{"$numberLong":"1.5"}', '{"$numberDecimal":"a"}', '{"$date":[]}'])(
    "names a malformed wrapper with its place: %s",
    (wrapper) => {
      expect(errorsOf(parseJsonc(`[1,\n  ${wrapper}]`))).toEqual([
        expect.stringMatching(/^\/1 {2}line 2, column 3: a malformed \$\w+$/),
      ]);
    },
  );

  test("gives objects without a prototype, so no key reaches one", () => {
    const value = read('{"__proto__":{"enabled":true}}') as Readonly<Record<string, unknown>>;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(value["enabled"]).toBeUndefined();
  });
});

describe("broken JSON", () => {
  test.each([
    ['{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: a comma is missing"],
    ['{\r\n  "a" 1\r\n}', "line 2, column 7: a colon is missing"],
    ['\uFEFF{"a": }', "line 1, column 7: a value is missing"],
    ["{a: 1}", "line 1, column 2: a text without quotes"],
    ['{"a": "b', "line 1, column 7: a closing quote is missing"],
    ['{"a": 1', "line 1, column 8: a closing } is missing"],
    ["[1", "line 1, column 3: a closing ] is missing"],
    ["{} {}", "line 1, column 4: something follows after the end"],
    ["", "is empty"],
    [" \n ", "is empty"],
    ["// nothing", "line 1, column 11: a value is missing"],
    ["[1e999]", "line 1, column 2: a number is too large"],
    ['{"a": 1,\n "a": 2}', "line 2, column 2: is there twice; keep one"],
  ])("%j is named with line and column", (text, problem) => {
    expect(errorsOf(parseJsonc(text))[0]).toMatch(new RegExp(`${escapeRegExp(problem)}$`));
  });

  test("is never quoted: it may hold a password", () => {
    fc.assert(
      fc.property(fc.constantFrom("hunter2", '"hunter2', "hunter2:", '{"p":"hunter2" "x"}'), (text) => {
        expect(errorsOf(parseJsonc(`{"password": ${text}`)).join()).not.toContain("hunter2");
      }),
    );
  });

  test("and nesting without end are problems, whatever the text", () => {
    expect(errorsOf(parseJsonc("[".repeat(1_000_000)))).toEqual(["  is nested deeper than 250 levels"]);
    expect(errorsOf(parseJsonc("[".repeat(300) + "]".repeat(300)))[0]).toContain("nested deeper than 250 levels");
    const unit = fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "1", "a", "\\", "\n", "/", "*", " ");
    fc.assert(fc.property(fc.string({ unit }), (text) => void parseJsonc(text)));
  });
});

function escapeRegExp(text: string): string {
  return text.replace(/[[\](){}|*+?.\\^$]/g, "\\$&");
}

describe("a number", () => {
  test("that a double holds keeps its digits, whichever way it is written", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), (value, isExponential) => {
        const text = isExponential ? value.toExponential() : String(value);
        fc.pre(!/^-?\d{16,}$/.test(text));
        expect(read(`[${text}]`)).toEqual([value + 0]);
      }),
    );
  });

  test("of more digits than a double holds is named, and quoted nowhere", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^0\.[1-9]{18,40}$/), (digits) => {
        const [error] = errorsOf(parseJsonc(`{"PIN": ${digits}}`));
        expect(error).toMatch(/^\/PIN {2}line 1, column 9: a number has more digits than a number keeps/);
        expect(error).not.toContain(digits);
      }),
    );
  });

  test("beyond 64 bits is a problem only where MongoDB is to hold it", () => {
    const text = `[${2n ** 63n}]`;
    expect(read(text)).toEqual([2n ** 63n]);
    expect(errorsOf(parseJsonc(text, { isStored: true }))).toEqual([
      "/0  line 1, column 2: a whole number is beyond 64 bits; write it as a text in quotes",
    ]);
    expect(valueOf(parseJsonc(`[${2n ** 63n - 1n}]`, { isStored: true }))).toEqual([2n ** 63n - 1n]);
  });
});
