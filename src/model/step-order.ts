import { type Step, type StepKey, stepKey } from "./run.ts";

/** Steps in the order in which people read them: each before its parts, lists by number. Answers a list of its own. */
export function inStepOrder(steps: Iterable<Step>): readonly Step[] {
  return [...steps]
    .map((step) => ({ step, places: placesOf(stepKey(step)) }))
    .sort((a, b) => compare(a.places, b.places))
    .map(({ step }) => step);
}

function placesOf(key: StepKey): readonly number[] {
  return key.split("/").map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [depth, place] of a.entries()) {
    const other = b[depth];
    if (other === undefined) return 1;
    if (place !== other) return place - other;
  }
  return a.length - b.length;
}
