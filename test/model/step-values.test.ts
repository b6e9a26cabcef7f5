import { expect, test } from "vitest";
import { isCaptureName } from "../../src/model/step-values.ts";

test("people's own names among the values of a step are told from what templates name of its answer", () => {
  const values = { id: 1, text: 2, json: 3, "json$.a.b": 4, "header:location": 5, text$: 6 };
  expect(Object.keys(values).filter(isCaptureName)).toEqual(["id", "text", "json"]);
});
