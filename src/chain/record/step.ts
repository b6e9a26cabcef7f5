import type { HttpAction } from "../model/job.ts";
import type { Step } from "../model/run.ts";
import { stepName } from "./step-name.ts";

/** A step of which nothing has happened. */
export function blankStep(action: HttpAction, index: number): Omit<Step, "status"> {
  return {
    index,
    name: stepName(action, index),
    attempts: 0,
    statusCode: undefined,
    elapsedMs: undefined,
    responseSample: undefined,
    error: undefined,
    nextAttemptAt: undefined,
  };
}

/** The intent of an attempt; what the attempt before it left is kept until there is an answer. */
export function intentStep(action: HttpAction, index: number, attempt: number, before: Step | undefined): Step {
  return {
    ...(before ?? blankStep(action, index)),
    status: "sending",
    attempts: attempt,
    nextAttemptAt: undefined,
  };
}
