import type { Step } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";

/**
 * What remains of the step under way, if one is, when its run is stopped from outside.
 * @param isUnsent true when the intent of the step is our own and nothing of it was sent
 * @param why how the step's error begins
 */
export function breakOff(steps: readonly Step[], isUnsent: boolean, why: string): readonly Step[] {
  return steps
    .filter((step) => step.status === "sending" || step.status === "waiting")
    .map((step): Step => {
      const over = { ...step, nextAttemptAt: undefined };
      if (step.status === "waiting") return { ...over, status: "error" };
      if (isUnsent)
        return { ...over, status: "error", attempts: step.attempts - 1, error: `${why} before it was sent` };
      return { ...over, status: "unknown", error: `${why} before an answer came` };
    });
}

/** An intent that was stored but not sent, given back: its attempt is still to be had. */
export function giveBack(step: Step, now: EpochMs): Step {
  return { ...step, status: "waiting", attempts: step.attempts - 1, nextAttemptAt: now };
}
