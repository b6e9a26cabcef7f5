import { query as referenceQuery } from "json-p3";
import type { JSONValue } from "json-p3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CostlySearchError } from "../../src/expression/costly-search-error.ts";
import { parseExactJson } from "../../src/expression/exact-json.ts";
import { PATH_LENGTH_MAX, compilePath } from "../../src/expression/json-path.ts";
import { ExactDecimal } from "../../src/model/json.ts";
import type { JsonValue } from "../../src/model/json.ts";
import { GROWTH_MAX, growthForSixteenfold } from "../support/growth.ts";

function find(path: string, value: JsonValue): readonly JsonValue[] {
  const compiled = compilePath(path);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.path.find(value);
}
function json(text: string): JsonValue {
  const parsed = parseExactJson(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

const store = json(`{
  "items": [
    { "id": 12345678901234567890, "name": "ann", "price": 8.95, "tags": ["a", "b"], "state": "ok" },
    { "id": 2, "name": "bob", "price": 0.12345678901234567890, "state": "error" },
    { "id": 3, "name": "cleo", "price": 22, "tags": [], "state": null }
  ],
  "limit": 9, "a b": { "c.d": [10, 20, 30, 40] }, "😀": "smile"
}`);

describe("a path finds", () => {
  test.each<[string, readonly JsonValue[]]>([
    ["$.limit", [9]],
    ["$", [store]],
    ["$.nope", []],
    ["$['a b']['c.d'][1]", [20]],
    ["$['a b']['c.d'][-1]", [40]],
    ["$['a b']['c.d'][4]", []],
    ["$['a b']['c.d'][1:3]", [20, 30]],
    ["$['a b']['c.d'][::-2]", [40, 20]],
    ["$['a b']['c.d'][:-1:2]", [10, 30]],
    ["$['a b']['c.d'][-99:99]", [10, 20, 30, 40]],
    ["$['a b']['c.d'][2::-1]", [30, 20, 10]],
    ["$['a b']['c.d'][0,0,3]", [10, 10, 40]],
    ["$['a b']['c.d'][1:3:0]", []],
    ["$.items[*].name", ["ann", "bob", "cleo"]],
    ["$..name", ["ann", "bob", "cleo"]],
    ["$..tags[0]", ["a"]],
    ["$.items[?@.state == 'ok'].name", ["ann"]],
    ["$.items[?@.state == null].id", [3]],
    ["$.items[?@.tags].name", ["ann", "cleo"]],
    ["$.items[?!@.tags].name", ["bob"]],
    ["$.items[?@.price < $.limit].name", ["ann", "bob"]],
    ["$.items[?@.price >= 8.95 && @.id != 3].name", ["ann"]],
    ["$.items[?@.name > 'ann' || @.state == 'ok'].id", [12345678901234567890n, 2, 3]],
    ["$.items[?length(@.name) == 3].id", [12345678901234567890n, 2]],
    ["$.items[?count(@.tags[*]) == 2].name", ["ann"]],
    ["$.items[?value(@..name) == 'bob'].id", [2]],
    ["$.items[?match(@.name, 'b.b')].id", [2]],
    ["$.items[?search(@.name, 'o')].id", [2, 3]],
    ["$.items[?match(@.name, 'o')].id", []],
    ["$.items[?search(@.name, '(')].id", []],
    ["$.items[?length($['😀']) == 5].id", [12345678901234567890n, 2, 3]],
  ])("%s", (path, found) => expect(find(path, store)).toEqual(found));

  test("exact numbers unharmed, and compares them exactly", () => {
    expect(find("$.items[0].id", store)).toEqual([12345678901234567890n]);
    expect(find("$.items[1].price", store)).toEqual([new ExactDecimal("0.12345678901234567890")]);
    expect(find("$.items[?@.id == 12345678901234567890].name", store)).toEqual(["ann"]);
    expect(find("$.items[?@.id == 12345678901234567891].name", store)).toEqual([]);
    expect(find("$.items[?@.id > 12345678901234567889].name", store)).toEqual(["ann"]);
    expect(find("$.items[?@.price == 0.1234567890123456789].name", store)).toEqual(["bob"]);
    expect(find("$.items[?@.price == 0.1234567890123456788].name", store)).toEqual([]);
    expect(find("$.items[1].price.digits", store)).toEqual([]);
  });

  test("only what the value itself holds", () => {
    const value = json('{"a":{"length":1},"list":[1],"__proto__":{"x":1}}');
    const paths = ["$.constructor", "$.list.length", "$.a.toString", "$.a.__proto__", "$.list['0']"];
    expect(paths.flatMap((path) => find(path, value))).toEqual([]);
    expect(find("$.a.length", value)).toEqual([1]);
    expect(find("$.__proto__.x", value)).toEqual([1]);
  });

  test.each<[string, readonly JsonValue[]]>([
    ["$[?@ == 0.5]", [0.5]],
    ["$[?@ < 0.05e1]", [0, -0.5, 0.05]],
    ["$[?@ == 0.0 || @ == 0e5]", [0]],
    ["$[?@ == -0.5]", [-0.5]],
    ["$[?@ == 10.5]", [10.5]],
    ['$[?@ == \'0.5\' || @ == "\\"0.5"]', ["0.5", '"0.5']],
  ])("numbers that begin with a zero: %s", (path, found) => {
    expect(find(path, [0, 0.5, -0.5, 0.05, 10.5, "0.5", '"0.5'])).toEqual(found);
  });

  test("counts characters, not halves of them", () => {
    expect(find("$[?length(@) == 1]", ["😀", "a", "ab"])).toEqual(["😀", "a"]);
    expect(find("$[?@ < '\u{ff5e}']", ["😀", "a"])).toEqual(["a"]);
  });

  test("what the walk of json-p3 finds", () => {
    const small = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom<JsonValue>(null, true, 0, 1, 2.5, "a", "b", ""),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).value;
    const operand = fc.constantFrom(
      "@.a",
      "@[0]",
      "$.b",
      "1",
      "'a'",
      "null",
      "true",
      "length(@)",
      "count(@.*)",
      "value(@..a)",
      "@",
    );
    const operator = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
    const comparison = fc.tuple(operand, operator, operand).map((parts) => parts.join(" "));
    const question = fc.oneof(comparison, fc.constantFrom("@.a", "!@.b", "@..c", "$.a", "!(@.a == 1)"));
    const filter = fc.tuple(question, fc.constantFrom(" && ", " || "), question).map((parts) => `?${parts.join("")}`);
    const selector = fc.oneof(
      fc.constantFrom("'a'", "'b'", "*", "0", "-1", "1:", "::-1", ":2", "-2:0:-1", "1::2"),
      question.map((it) => `?${it}`),
      filter,
    );
    const segment = fc
      .tuple(fc.constantFrom("", ".."), fc.array(selector, { minLength: 1, maxLength: 2 }))
      .map(([dots, selectors]) => `${dots}[${selectors.join(",")}]`);
    const paths = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `$${segments.join("")}`);
    fc.assert(
      fc.property(paths, small, (path, value) => {
        expect(find(path, value)).toEqual(referenceQuery(path, value as JSONValue).values());
      }),
      { numRuns: 1000 },
    );
  });
});

test.each([
  ["$", true],
  ["$.a.b[0]['c d'][-1]", true],
  ["$.a[*]", false],
  ["$..a", false],
  ["$.a[0,1]", false],
  ["$.a[0:1]", false],
  ["$.a[?@.b]", false],
])("%s can find only one thing: %s", (path, isSingular) => {
  const compiled = compilePath(path);
  expect(compiled.ok && compiled.path.isSingular).toBe(isSingular);
});

test.each([
  "",
  "a",
  ".a",
  "$.",
  "$[",
  "$.a[",
  "$.a b",
  "$[?@.a = 1]",
  "$[?nope(@)]",
  "$[?@.* == 1]",
  "$.a[01]",
  "$.a[?length(@.*) > 1]",
  " $",
])("%o is no path, and the message names it", (path) => {
  const compiled = compilePath(path);
  expect(compiled.ok ? "" : compiled.error).toContain(`the path ${path} can't be read: `);
});

test("a path has a longest length, within which any nesting is read or refused", () => {
  expect(compilePath(`$.${"a".repeat(PATH_LENGTH_MAX)}`)).toMatchObject({ ok: false });
  expect(compilePath(`$[?${"(".repeat(450)}@.a${")".repeat(450)}]`).ok).toBe(true);
  expect(compilePath(`$${"[?@".repeat(200)}${"]".repeat(200)}`).ok).toBe(true);
  expect(compilePath("$[?".repeat(300)).ok).toBe(false);
  expect(compilePath(`$[?${"!".repeat(900)}@.a]`)).toMatchObject({ ok: expect.any(Boolean) });
});

describe("a large answer", () => {
  const wide = json(`[${"[],".repeat(200_000)}[1]]`);
  const deep = json(`${"[".repeat(150)}${"0,".repeat(200_000)}1${"]".repeat(150)}`);

  test("is searched in time that grows with it", () => {
    const growth = growthForSixteenfold(2_000, (size) => {
      const list = json(`{"list":[${'{"a":1,"b":[2]},'.repeat(size)}0]}`);
      return () => void find("$..[?@.a == 1].b[0]", list);
    });
    expect(growth).toBeLessThan(GROWTH_MAX);
    expect(find("$..*", wide)).toHaveLength(200_002);
    expect(find("$..[?@ == 1]", deep)).toEqual([1]);
    expect(find("$[?count(@.*) > 0]", wide)).toEqual([[1]]);
  });

  test.each([
    ["$..[?count($..*) > 0]", wide],
    ["$..[?count(@..*) > 5]", deep],
    ["$..[?count(@..[?count(@..*) > 0]) > 0]", deep],
    ["$..*..*..*", deep],
  ])("is not searched by %s, which would take it through all of it for each of its parts", (path, value) => {
    expect(() => find(path, value)).toThrow(
      expect.objectContaining({
        code: "FLEETCRON_COSTLY_SEARCH",
        message: expect.stringContaining("write out more of the way"),
      }),
    );
  });

  test.each([
    "$.list[?$.a == $.b]",
    "$.list[?$.a < $.b]",
    "$.list[?search($.a, $.pattern)]",
    "$.list[?length($.a) == 1]",
  ])("is not compared or matched as a whole for each of its parts, as by %s", (path) => {
    const text = "x".repeat(200_000);
    const list = Array.from({ length: 20_000 }, () => 0);
    const value = { a: text, b: `${text}y`.slice(0, -1), pattern: "^(x+)+$", list };
    expect(() => find(path, value)).toThrow(CostlySearchError);
  });
});
