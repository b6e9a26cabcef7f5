import type { Step, StepStatus } from "../../../model/run.ts";
import { dateOf, instantOrUndefined } from "./instants.ts";

/** An element of `job_runs.steps`; what is not known is left out. */
export interface StepDocument {
  readonly index: number;
  readonly name: string;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly status_code?: number;
  readonly elapsed_ms?: number;
  readonly response_sample?: string;
  readonly error?: string;
  readonly next_attempt_at?: Date;
}

export function stepDocument(step: Step): StepDocument {
  return {
    index: step.index,
    name: step.name,
    status: step.status,
    attempts: step.attempts,
    ...(step.statusCode === undefined ? {} : { status_code: step.statusCode }),
    ...(step.elapsedMs === undefined ? {} : { elapsed_ms: step.elapsedMs }),
    ...(step.responseSample === undefined ? {} : { response_sample: step.responseSample }),
    ...(step.error === undefined ? {} : { error: step.error }),
    ...(step.nextAttemptAt === undefined ? {} : { next_attempt_at: dateOf(step.nextAttemptAt) }),
  };
}

export function stepOf(document: StepDocument): Step {
  return {
    index: document.index,
    name: document.name,
    status: document.status,
    attempts: document.attempts,
    statusCode: document.status_code,
    elapsedMs: document.elapsed_ms,
    responseSample: document.response_sample,
    error: document.error,
    nextAttemptAt: instantOrUndefined(document.next_attempt_at),
  };
}
