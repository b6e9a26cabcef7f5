import { expect, test } from "vitest";
import { valueAt } from "../../src/expression/value-at.ts";
import { ExactDecimal } from "../../src/model/json.ts";

const value = { list: [{ a: null }, 5n], text: "abc", exact: new ExactDecimal("0.10"), "": { "a.b": false } };

test.each<[readonly (string | number)[], unknown]>([
  [[], value],
  [["list", 0, "a"], null],
  [["list", 1], 5n],
  [["", "a.b"], false],
])("%j leads to what lies there", (segments, found) => expect(valueAt(value, segments)).toEqual(found));

test.each<[readonly (string | number)[]]>([
  [["nope"]],
  [["list", 2]],
  [["list", "0"]],
  [["list", "length"]],
  [["text", "length"]],
  [["text", 0]],
  [["exact", "digits"]],
  [["list", 0, "a", "b"]],
  [["constructor"]],
  [["__proto__"]],
  [[0]],
])("%j leads nowhere", (segments) => expect(valueAt(value, segments)).toBeUndefined());
