import type { Document } from "mongodb";
import type { StepDocument } from "./documents/step-document.ts";
import { literal } from "./literal.ts";

/** The steps with these in their places by index, as an expression of a pipeline; the counterpart of `$set: {"steps.N"}`. */
export function stepsReplaced(steps: string, changed: readonly StepDocument[]): Document | string {
  return [...changed]
    .sort((a, b) => a.index - b.index)
    .reduce<Document | string>((list, step) => {
      const length = { $size: list };
      const rest = { $slice: [list, step.index + 1, { $max: [length, 1] }] };
      const after = { $cond: [{ $gt: [length, step.index + 1] }, rest, literal([])] };
      return { $concatArrays: [before(list, step.index), [literal(step)], after] };
    }, steps);
}

/** As many as stand before this one, with null where there is none yet. */
function before(list: Document | string, index: number): Document {
  if (index === 0) return literal([]);
  const padded = { $concatArrays: [list, literal(Array.from({ length: index }, () => null))] };
  return { $slice: [padded, index] };
}
