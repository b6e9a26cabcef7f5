import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonBytes } from "../../../src/chain/answer/json-size.ts";
import { ExactDecimal } from "../../../src/model/json.ts";
import type { JsonValue } from "../../../src/model/json.ts";
import { jsonText } from "../../../src/model/json-text.ts";

const values = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.constant(new ExactDecimal("0.10")),
    fc.array(tie("value")),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { noNullPrototype: false }),
  ),
})).value;

test("the size of a value is that of its JSON text", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(jsonBytes(value, Number.POSITIVE_INFINITY)).toBe(Buffer.byteLength(jsonText(value)));
    }),
  );
});

test("a value is over a limit exactly if its JSON text is", () => {
  fc.assert(
    fc.property(values, fc.nat(100), (value, limit) => {
      expect(jsonBytes(value, limit) > limit).toBe(Buffer.byteLength(jsonText(value)) > limit);
    }),
  );
});

test("counting ends at the limit, however large the value is", () => {
  let looks = 0;
  const counted = {
    get text(): JsonValue {
      looks++;
      return "x".repeat(100);
    },
  };
  const list = Array.from({ length: 100_000 }, () => counted);
  expect(jsonBytes(list, 10_000)).toBeGreaterThan(10_000);
  expect(looks).toBeLessThan(200);
});
