import type { HttpDefaults } from "../model/config.ts";
import type { HttpAction, Job } from "../model/job.ts";
import type { EndStatus, RunFacts, Step } from "../model/run.ts";
import { guardHolds } from "./guard.ts";
import { retryPolicy } from "./retry.ts";
import { blankStep } from "./step.ts";

/** What a run asks for next. */
export type Move =
  /** Store the intent of this attempt, then send it. */
  | { readonly kind: "attempt"; readonly action: HttpAction; readonly index: number; readonly attempt: number }
  /** The intent is stored and ours: send it. */
  | { readonly kind: "send"; readonly action: HttpAction; readonly step: Step }
  | { readonly kind: "wait"; readonly action: HttpAction; readonly step: Step }
  | { readonly kind: "end"; readonly status: EndStatus; readonly reason: string | undefined };

export interface Progress {
  /** By index; finished steps stay finished. */
  readonly steps: readonly Step[];
  /** True when a `sending` step was stored by ourselves and not sent yet; else it may have been sent. */
  readonly intentIsFresh: boolean;
}

/**
 * Where a run goes on, and the steps that are settled on the way there: those whose `when` does not hold, and one in
 * doubt that has no attempt left. Counts attempts by what is stored, so no step is sent more than retries + 1 times.
 */
export function nextMove(
  job: Job,
  scheduled: Pick<RunFacts, "hour" | "minute">,
  { steps, intentIsFresh }: Progress,
  defaults: HttpDefaults,
): { readonly settled: readonly Step[]; readonly move: Move } {
  const settled: Step[] = [];
  for (const [index, action] of job.actions.entries()) {
    let step = steps[index];
    if (step === undefined) {
      if (guardHolds(action.when, scheduled)) return { settled, move: { kind: "attempt", action, index, attempt: 1 } };
      settled.push({ ...blankStep(action, index), status: "skipped_when" });
      continue;
    }
    if (step.status === "waiting") return { settled, move: { kind: "wait", action, step } };
    if (step.status === "sending") {
      if (intentIsFresh) return { settled, move: { kind: "send", action, step } };
      if (step.attempts <= retryPolicy(action, job, defaults).retries) {
        return { settled, move: { kind: "attempt", action, index, attempt: step.attempts + 1 } };
      }
      step = { ...step, status: "unknown", error: "its agent was lost before an answer came" };
      settled.push(step);
    }
    const end = action.continueOnFailure ? undefined : endAfter(step);
    if (end !== undefined) return { settled, move: end };
  }
  return { settled, move: { kind: "end", status: "ok", reason: undefined } };
}

function endAfter(step: Step): Extract<Move, { kind: "end" }> | undefined {
  const label = `step ${step.index + 1} "${step.name}"`;
  if (step.status === "unknown") {
    return { kind: "end", status: "unknown", reason: `${label}: ${step.error}, and no attempt is left` };
  }
  if (step.status !== "error") return undefined;
  const tries = step.attempts > 1 ? ` after ${step.attempts} attempts` : "";
  return { kind: "end", status: "error", reason: `${label} failed: ${step.error}${tries}` };
}
