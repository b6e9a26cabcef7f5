import { type Step, type StepKey, stepKey } from "../model/run.ts";
import { inStepOrder } from "../model/step-order.ts";

/** A step with those that are parts of it, in the order of their places. */
export interface StepNode {
  readonly step: Step;
  readonly parts: readonly StepNode[];
}

/** The steps of a run itself, each with its parts. */
export function stepTree(steps: readonly Step[]): readonly StepNode[] {
  const roots: StepNode[] = [];
  const partsOf = new Map<StepKey, StepNode[]>();
  for (const step of inStepOrder(steps)) {
    const parts: StepNode[] = [];
    partsOf.set(stepKey(step), parts);
    // What a part belongs to is stored before it or with it; whatever is alone is shown all the same.
    const siblings = step.parent === undefined ? roots : (partsOf.get(step.parent) ?? roots);
    siblings.push({ step, parts });
  }
  return roots;
}
