import type { Action } from "../model/action.ts";
import type { Job } from "../model/job.ts";
import { type Run, type Step, stepKey } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";

/**
 * True when a run under way has nothing to do for the present: nothing of it is in doubt, and every step that is not
 * over waits for a moment that is still to come. Whatever ended its agent, it was not this run.
 */
export function onlyWaits(run: Pick<Run, "status" | "steps">, job: Job, now: EpochMs): boolean {
  if (run.status !== "running") return false;
  const open = run.steps.filter((it) => it.status === "sending" || it.status === "waiting" || it.status === "running");
  const partsOf = new Map<string | undefined, number>();
  for (const { parent } of open) partsOf.set(parent, (partsOf.get(parent) ?? 0) + 1);
  const isIdle = (step: Step): boolean => {
    if (step.status === "waiting") return step.nextAttemptAt !== undefined && step.nextAttemptAt > now;
    return step.status === "running" && (partsOf.get(stepKey(step)) ?? 0) >= partsUnderWay(step, job);
  };
  // Between two steps there is always something to do.
  return (partsOf.get(undefined) ?? 0) > 0 && open.every(isIdle);
}

/** How many parts of a step can be under way at once; with fewer, it is about to begin another. */
function partsUnderWay({ index, parent, items }: Step, { actions, onFailure = [], finally: last = [] }: Job): number {
  if (items === undefined) return 1;
  const left = items.total - items.ok - items.failed - items.skipped;
  const action: Action | undefined = parent === undefined ? [...actions, ...onFailure, ...last][index] : undefined;
  return action?.type === "for_each" ? Math.min(left, action.concurrency) : left;
}
