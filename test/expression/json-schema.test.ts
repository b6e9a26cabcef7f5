import { describe, expect, test } from "vitest";
import { parseExactJson } from "../../src/expression/exact-json.ts";
import { SCHEMA_LENGTH_MAX, SCHEMA_PARTS_MAX, compileSchema } from "../../src/expression/json-schema.ts";
import type { JsonObject, JsonValue } from "../../src/model/json.ts";
import { GROWTH_MAX, growthForSixteenfold } from "../support/growth.ts";

function json(text: string): JsonValue {
  const parsed = parseExactJson(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
function check(schema: JsonValue, value: JsonValue): string | undefined {
  const compiled = compileSchema(schema);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.check(value);
}
const problem = (schema: JsonValue): string => {
  const compiled = compileSchema(schema);
  return compiled.ok ? "" : compiled.error;
};

const order: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["id", "items"],
  properties: {
    id: { type: "integer" },
    state: { enum: ["open", "closed"] },
    kind: { const: { name: "order" } },
    items: { type: "array", items: { $ref: "#/$defs/item" }, minItems: 1 },
    at: { format: "date-time" },
  },
  additionalProperties: false,
  $defs: {
    item: { type: "object", properties: { sku: { pattern: "^[A-Z]{3}-\\d+$" }, zip: { pattern: "^\\d{5}$" } } },
  },
};

describe("a schema", () => {
  test.each([
    '{"id":1,"items":[{"sku":"ABC-1","zip":"12345"}]}',
    '{"id":12345678901234567890,"items":[{}],"state":"open","kind":{"name":"order"}}',
    '{"id":1.0,"items":[{}],"at":"2026-11-21T05:30:00Z"}',
  ])("is followed by %s", (text) => expect(check(order, json(text))).toBeUndefined());

  test.each([
    ["[]", "the top level must be object"],
    ['{"id":1}', "the top level must have required property 'items'"],
    ['{"id":"1","items":[{}]}', "/id must be integer"],
    ['{"id":1.5,"items":[{}]}', "/id must be integer"],
    ['{"id":1,"items":[]}', "/items must NOT have fewer than 1 items"],
    ['{"id":1,"items":[{"sku":"abc-1"}]}', '/items/0/sku must match pattern "^[A-Z]{3}-\\d+$"'],
    ['{"id":1,"items":[{"sku":"ABC-1","zip":"ABC-1"}]}', '/items/0/zip must match pattern "^\\d{5}$"'],
    ['{"id":1,"items":[{}],"state":"ajar"}', '/state must be one of ["open","closed"]'],
    ['{"id":1,"items":[{}],"kind":{"name":"x"}}', '/kind must be {"name":"order"}'],
    ['{"id":1,"items":[{}],"extra":1}', 'the top level must not have the field "extra"'],
    ['{"id":1,"items":[{}],"at":"yesterday"}', '/at must match format "date-time"'],
  ])("says why it is not followed by %s", (text, words) => expect(check(order, json(text))).toBe(words));

  test("can be true, false or empty", () => {
    expect(check(true, 1)).toBeUndefined();
    expect(check({}, null)).toBeUndefined();
    expect(check(false, 1)).toContain("the top level");
  });

  test("compares by value, whatever the fields are called", () => {
    const hostile = '{"valueOf":1,"constructor":2,"toString":3,"__proto__":4,"hasOwnProperty":5}';
    expect(check({ const: json(hostile) }, json(hostile))).toBeUndefined();
    expect(check({ enum: [1, json(hostile)] }, json(hostile))).toBeUndefined();
    expect(check({ uniqueItems: true }, json(`[${hostile},{"valueOf":1}]`))).toBeUndefined();
    expect(check({ uniqueItems: true }, json(`[${hostile},${hostile}]`))).toBe(
      "the top level must not hold the same item twice",
    );
    expect(check({ uniqueItems: true }, json('[{"a":1,"b":2.0},{"b":2,"a":1}]'))).toContain("same item twice");
    expect(check({ uniqueItems: false }, [1, 1])).toBeUndefined();
    expect(check({ required: ["constructor"] }, json("{}"))).toContain("must have required property 'constructor'");
  });

  test("with the names of another schema does not get in its way", () => {
    const named = (type: string): JsonObject => ({
      $id: "https://api.test/order",
      $ref: "part",
      $defs: { part: { $id: "https://api.test/part", type } },
    });
    expect(check(named("string"), "a")).toBeUndefined();
    expect(check(named("number"), "a")).toContain("must be number");
    expect(check(named("string"), 1)).toContain("must be string");
  });

  test.each<[JsonValue, string]>([
    [{ tpye: "object" }, 'unknown keyword: "tpye"'],
    [{ type: "objekt" }, "the schema can't be used: /type must be"],
    [{ format: "nope" }, 'unknown format "nope"'],
    [{ $ref: "https://json-schema.org/draft/2020-12/schema" }, "can't resolve reference https://json-schema.org/"],
    [{ $ref: "#/$defs/nope" }, "can't resolve reference #/$defs/nope"],
    [{ $schema: "http://json-schema.org/draft-07/schema#" }, "draft-07"],
    [{ pattern: "(?=a)" }, "uses lookaround"],
    [{ pattern: "(" }, "can't be used"],
    [5, "a schema must be an object"],
    [["a"], "a schema must be an object"],
    [{ enum: ["x".repeat(SCHEMA_LENGTH_MAX)] }, "the schema is longer than"],
    [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }, "lead in a circle"],
  ])("like %o is refused with a reason", (schema, words) => {
    const error = problem(schema);
    expect(error).toContain(words);
    expect(error).not.toContain("strict mode");
  });
});

describe("a hostile schema or answer", () => {
  test("is not read when it says more than can be read within a second", () => {
    const parts = (count: number) => ({ allOf: Array.from({ length: count }, () => ({ type: "object" })) });
    expect(problem(parts(SCHEMA_PARTS_MAX))).toBe("the schema has more than 1000 parts; say less of the answer");
    expect(check(parts(SCHEMA_PARTS_MAX - 2), {})).toBeUndefined();
  });

  test("takes time in proportion to the answer, with patterns and with lists of different items", () => {
    const pattern = growthForSixteenfold(40_000, (size) => {
      const text = `${"a".repeat(size)}!`;
      return () => void check({ pattern: "^(a+)+$" }, text);
    });
    expect(pattern).toBeLessThan(GROWTH_MAX);
    const unique = growthForSixteenfold(1_000, (size) => {
      const list = Array.from({ length: size }, (_, index) => ({ index }));
      return () => void check({ uniqueItems: true }, list);
    });
    expect(unique).toBeLessThan(GROWTH_MAX);
  });

  test("has no text of a format so long that looking for it takes long", () => {
    const url = `http://${"a:".repeat(100_000)}`;
    expect(check({ format: "url" }, url)).toBe('the top level must match format "url"');
    expect(check({ format: "byte" }, "QUJD".repeat(100_000))).toBeUndefined();
    expect(check({ format: "int32" }, 5)).toBeUndefined();
    expect(check({ format: "int32" }, 5.5)).toContain("must match format");
  });

  test("is not followed through references without an end", () => {
    expect(check({ $ref: "#" }, 1)).toContain("refers to itself without an end");
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => {
        const twice = [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }];
        return [`d${index}`, index === 59 ? { type: "number" } : { allOf: twice }];
      }),
    );
    const bomb = { $ref: "#/$defs/d0", $defs: doubling };
    expect(check(bomb, 1)).toBe("can't be checked: the schema follows too many references for this value");
    // A check leaves nothing behind that the next one would count.
    const tree = { $ref: "#/$defs/t", $defs: { t: { properties: { kids: { items: { $ref: "#/$defs/t" } } } } } };
    const value = { kids: Array.from({ length: 150_000 }, () => ({})) };
    for (let go = 0; go < 15; go++) expect(check(tree, value)).toBeUndefined();
  });

  test("runs no code out of the schema", () => {
    const code = "'+(globalThis.wasRun=true)+'";
    const schema = { properties: { [code]: { const: code, description: code } }, required: [code], title: code };
    expect(check(schema, { [code]: code })).toBeUndefined();
    expect(check({ pattern: '"+(globalThis.wasRun=true)+"' }, "a")).toContain("must match pattern");
    expect("wasRun" in globalThis).toBe(false);
  });
});
