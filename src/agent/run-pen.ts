import { type Run, type RunChange, type RunHold, type Step, stepKey, type StepKey } from "../model/run.ts";
import type { WriteOutcome } from "../ports/run-store.ts";

/** The writing hand of a run's owner: it knows what is stored and in which hold the run is. */
export interface RunPen {
  readonly hold: RunHold;
  /** True when an attempt is stored of which nobody knows whether it was sent or answered. */
  readonly isInDoubt: boolean;
  store(change: RunChange): Promise<WriteOutcome>;
}

export function createRunPen(run: Run, write: (hold: RunHold, change: RunChange) => Promise<WriteOutcome>): RunPen {
  const { id, session, token } = run;
  const steps = new Map<StepKey, Step>(run.steps.map((it) => [stepKey(it), it]));
  let { seq } = run;
  return {
    get hold() {
      return { id, session, token, seq };
    },
    get isInDoubt() {
      return [...steps.values()].some((it) => it.status === "sending");
    },
    async store(change) {
      const outcome = await write({ id, session, token, seq }, change);
      if (outcome !== "stored") return outcome;
      seq++;
      for (const key of change.forgotten ?? []) steps.delete(key);
      for (const step of change.steps) steps.set(stepKey(step), step);
      return outcome;
    },
  };
}
