import type { Action } from "../../model/action.ts";
import type { Job } from "../../model/job.ts";
import type { RunFacts, Step } from "../../model/run.ts";
import { blankStep, intentStep } from "../record/step.ts";
import { clockHolds } from "./guard.ts";

/**
 * The steps to be stored together with the claim of a run: those skipped at its beginning, then the intent of the first
 * attempt of the first action that applies. Where that is no plain request, or applies only on a condition about values,
 * nothing is said about it.
 */
export function firstIntent(job: Job, scheduled: Pick<RunFacts, "hour" | "minute">): readonly Step[] {
  const steps: Step[] = [];
  for (const [index, action] of job.actions.entries()) {
    if (clockHolds(action.when, scheduled)) {
      return isPlainRequest(action) ? [...steps, intentStep(action, { index }, 1, undefined)] : steps;
    }
    steps.push({ ...blankStep(action, { index }), status: "skipped_when" });
  }
  return steps;
}

function isPlainRequest({ type, when }: Action): boolean {
  return type === "http" && when.if === undefined;
}
