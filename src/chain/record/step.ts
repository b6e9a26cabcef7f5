import type { Action } from "../../model/action.ts";
import type { Step, StepKey, StepPart } from "../../model/run.ts";
import { stepName } from "./step-name.ts";

/** Where a step stands in its run. */
export interface StepPlace {
  readonly index: number;
  readonly parent?: StepKey;
  readonly part?: StepPart;
}

/** A step of which nothing has happened. */
export function blankStep(action: Action, place: StepPlace): Omit<Step, "status"> {
  return blankRecord(stepName(action, place.index), place);
}

/** A step, or an item of a `for_each`, under this name. */
export function blankRecord(name: string, place: StepPlace): Omit<Step, "status"> {
  return {
    ...place,
    name,
    attempts: 0,
    statusCode: undefined,
    elapsedMs: undefined,
    responseSample: undefined,
    error: undefined,
    nextAttemptAt: undefined,
  };
}

/** The intent of an attempt; what the attempt before it left is kept until there is an answer. */
export function intentStep(action: Action, place: StepPlace, attempt: number, before: Step | undefined): Step {
  return {
    ...(before ?? blankStep(action, place)),
    status: "sending",
    attempts: attempt,
    nextAttemptAt: undefined,
  };
}
