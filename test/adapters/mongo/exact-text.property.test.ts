import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { exactText, exactValue } from "../../../src/adapters/mongo/documents/exact-text.ts";
import { ExactDecimal, type JsonValue } from "../../../src/model/json.ts";

/** Names that could reach a prototype, or pass for what the text says of itself. */
const keys = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "$int", "$decimal", "$number", "$$int", "$", "a.b", ""),
  fc.string({ unit: "binary" }),
);
const halves = fc.constantFrom("\ud800", "a\udc00b", "\u0000");
const digits = fc.constantFrom("0.1", "0.10", "1e400", "3.14159265358979323846264338327950288419716939937510");

const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    halves,
    digits.map((it) => new ExactDecimal(it)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(keys, tie("value")), { maxLength: 4 }).map(bare),
  ),
}));

function bare(entries: readonly (readonly [string, JsonValue])[]): JsonValue {
  const object: Record<string, JsonValue> = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}

test("any value comes back out of its text as the very same", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      // Vitest would take a field called "constructor" for the type of its object.
      expect(isDeepStrictEqual(exactValue(exactText(value)), value)).toBe(true);
    }),
  );
});

test("a text is JSON that people can read", () => {
  const value = { "json$.items[0].id": 12, name: "a", big: 9_007_199_254_740_993n, price: new ExactDecimal("0.10") };
  expect(exactText(value)).toBe(
    '{"json$.items[0].id":12,"name":"a","big":{"$int":"9007199254740993"},"price":{"$decimal":"0.10"}}',
  );
});
