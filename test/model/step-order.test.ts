import { expect, test } from "vitest";
import { stepKey } from "../../src/model/run.ts";
import { inStepOrder } from "../../src/model/step-order.ts";
import { innerStep, step } from "../conformance/samples.ts";

test("steps are read in the order of their places, by number, each before its parts", () => {
  const mixed = [
    innerStep("2/10", 0),
    step(10),
    innerStep("2", 10),
    innerStep("2/9", 1),
    step(2),
    innerStep("2", 9),
    step(0),
  ];
  expect(inStepOrder(mixed).map(stepKey)).toEqual(["0", "2", "2/9", "2/9/1", "2/10", "2/10/0", "10"]);
});
