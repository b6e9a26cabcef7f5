import type { Document } from "mongodb";
import type { StepDocument } from "./documents/step-document.ts";
import { literal } from "./literal.ts";

/**
 * The steps with these in their places by index, as an expression of a pipeline; the counterpart of `$set: {"steps.N"}`.
 * It grows with the number of steps and no faster: a run may come to store hundreds that were skipped at once.
 */
export function stepsReplaced(steps: string, changed: readonly StepDocument[]): Document {
  const inOrder = [...changed].sort((a, b) => a.index - b.index);
  const end = (inOrder.at(-1)?.index ?? -1) + 1;
  const pieces: unknown[] = [];
  let from = 0;
  for (const step of inOrder) {
    if (step.index > from) pieces.push({ $slice: ["$$padded", from, step.index - from] });
    pieces.push(literal([step]));
    from = step.index + 1;
  }
  // What stands behind them, and nothing where nothing does: $slice takes a place behind the end, but no length of 0.
  pieces.push({ $slice: [steps, end, { $max: [{ $size: steps }, 1] }] });
  // As many as stand before the last of them, with null where there is none yet.
  const padded = { $concatArrays: [steps, literal(Array.from({ length: end }, () => null))] };
  return { $let: { vars: { padded }, in: { $concatArrays: pieces } } };
}
