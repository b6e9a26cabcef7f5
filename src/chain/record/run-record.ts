import type { EndStatus, RunEnd, Step } from "../model/run.ts";
import type { WriteOutcome } from "../ports/run-store.ts";
import type { ChainPorts, ChainResult } from "./chain-ports.ts";

/** What is known of the steps of a run, and which of it is not stored yet. */
export interface RunRecord {
  /** By index. */
  readonly steps: readonly Step[];
  /** Keeps a step for the next write. */
  note(...steps: readonly Step[]): void;
  /** Stores what was noted, if anything, and this step with it; only if it is stored does the record hold the step. */
  save(step?: Step): Promise<WriteOutcome>;
  /** Stores what was noted together with the end of the run. */
  end(status: EndStatus, reason: string | undefined): Promise<ChainResult>;
}

/** Where whoever asked for it gave no reason of its own. */
export const CANCELLED_REASON = "cancelled on request";

export function createRunRecord(stored: readonly Step[], { store, now }: Pick<ChainPorts, "store" | "now">): RunRecord {
  const steps: Step[] = [];
  const unstored = new Map<number, Step>();
  for (const step of stored) steps[step.index] = step;

  function note(...noted: readonly Step[]): void {
    for (const step of noted) {
      steps[step.index] = step;
      unstored.set(step.index, step);
    }
  }

  async function save(step?: Step): Promise<WriteOutcome> {
    const changed = new Map(unstored);
    if (step !== undefined) changed.set(step.index, step);
    if (changed.size === 0) return "stored";
    const outcome = await store({ steps: [...changed.values()] });
    if (outcome !== "stored") return outcome;
    unstored.clear();
    if (step !== undefined) steps[step.index] = step;
    return outcome;
  }

  async function end(status: EndStatus, reason: string | undefined): Promise<ChainResult> {
    const last: RunEnd = { status, reason, endAt: now() };
    const outcome = await store({ steps: [...unstored.values()], end: last });
    if (outcome === "stored") return { outcome: "ended", end: last, steps };
    // A cancelled end is the only one that a run with this flag takes.
    if (outcome === "cancel_requested" && status !== "cancelled") return end("cancelled", CANCELLED_REASON);
    return { outcome: "left" };
  }

  return { steps, note, save, end };
}
