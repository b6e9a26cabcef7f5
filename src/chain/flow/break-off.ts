import type { Step, StepKey } from "../../model/run.ts";
import { stepKey } from "../../model/run.ts";
import type { RunRecord } from "../record/run-record.ts";
import type { EpochMs } from "../../model/time.ts";

/**
 * What remains of the steps under way when their run is stopped from outside. Those that are made of others are left
 * as they are.
 * @param unsent steps whose stored intent is our own, with nothing of it sent
 * @param why how the error of a step begins
 */
export function breakOff(steps: Iterable<Step>, unsent: ReadonlySet<StepKey>, why: string): readonly Step[] {
  return [...steps].flatMap((step): readonly Step[] => {
    const over = { ...step, nextAttemptAt: undefined };
    if (step.status === "waiting") return [{ ...over, status: "error", error: step.error ?? `${why} while it waited` }];
    if (step.status !== "sending") return [];
    if (unsent.has(stepKey(step)))
      return [{ ...over, status: "error", attempts: step.attempts - 1, error: `${why} before it was sent` }];
    return [{ ...over, status: "unknown", error: `${why} before an answer came` }];
  });
}

/**
 * Whether a step cleans up after its run, or is a part of one that does: then a stop from outside does not end it.
 * @param isFailure the stop is a failure, so that `on_failure` is made too
 */
export function cleansUp(record: Pick<RunRecord, "get">, step: Step, isFailure: boolean): boolean {
  if (step.part === "finally" || (isFailure && step.part === "on_failure")) return true;
  const outer = step.parent === undefined ? undefined : record.get(step.parent);
  return outer !== undefined && cleansUp(record, outer, isFailure);
}

/** An intent that was stored but not sent, given back: its attempt is still to be had. */
export function giveBack(step: Step, now: EpochMs): Step {
  return { ...step, status: "waiting", attempts: step.attempts - 1, nextAttemptAt: now };
}
