import fc from "fast-check";
import { ExactDecimal } from "../../src/model/json.ts";
import type { JsonValue } from "../../src/model/json.ts";
import { isList } from "../../src/model/json-text.ts";

const exactNumber = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isItsOwnForm),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
  fc
    .tuple(fc.integer({ min: -99, max: 99 }), fc.bigInt({ min: 10n ** 19n, max: 10n ** 30n }))
    .map(([whole, digits]) => new ExactDecimal(`${whole}.${digits}1`)),
);
/** Minus zero is written as 0, and a whole number beyond 2^53 comes back as a bigint. */
function isItsOwnForm(value: number): boolean {
  return !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

/** Also names that an object has without being given them. */
const fieldName = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "valueOf", "a"));

/** Values of all kinds, with exact numbers, in objects without prototype. */
export const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue; list: JsonValue; object: JsonValue }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(null, true, false),
      exactNumber,
      fc.string({ unit: "binary" }),
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("value"), { maxLength: 5 }),
    object: fc.array(fc.tuple(fieldName, tie("value")), { maxLength: 5 }).map((fields) => {
      const object = Object.create(null) as Record<string, JsonValue>;
      for (const [name, value] of fields) object[name] = value;
      return object;
    }),
  }),
).value;

/** The value with its numbers as doubles and plain objects, as JSON.parse would give it. */
export function withDoubles(value: JsonValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof ExactDecimal) return Number(value.digits);
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(withDoubles);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withDoubles(inner)]));
}
