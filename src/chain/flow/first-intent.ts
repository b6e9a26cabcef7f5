import type { Job } from "../model/job.ts";
import type { RunFacts, Step } from "../model/run.ts";
import { guardHolds } from "./guard.ts";
import { blankStep, intentStep } from "./step.ts";

/**
 * The steps to be stored together with the claim of a run: those skipped at its beginning, then the intent of the first
 * attempt of the first action that applies. Without such an action, only skipped ones.
 */
export function firstIntent(job: Job, scheduled: Pick<RunFacts, "hour" | "minute">): readonly Step[] {
  const steps: Step[] = [];
  for (const [index, action] of job.actions.entries()) {
    if (guardHolds(action.when, scheduled)) return [...steps, intentStep(action, index, 1, undefined)];
    steps.push({ ...blankStep(action, index), status: "skipped_when" });
  }
  return steps;
}
