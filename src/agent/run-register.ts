import type { ChainAbort } from "../chain/chain-ports.ts";
import type { RunId } from "../model/run.ts";
import { widelyHeard } from "../chain/widely-heard.ts";

/**
 * The runs that this agent knows to be its own. A run is entered before it is inserted and leaves after its end is
 * stored, so a live run in this session's name that is not here was handed over, or is a late claim of ours.
 */
export interface RunRegister {
  /** The controller aborts with a ChainAbort. `undefined`: the run is here already, and whoever entered it carries it. */
  enter(run: RunId): AbortController | undefined;
  /** Takes out the entry that belongs to this controller, and no other. */
  leave(run: RunId, control: AbortController): void;
  has(run: RunId): boolean;
  stop(run: RunId, reason: ChainAbort): void;
  stopAll(reason: ChainAbort): void;
  /** Aborts when all runs are abandoned, also those that were stopped for another reason before. */
  readonly abandoned: AbortSignal;
  readonly size: number;
  /** Resolves when no run is left, or when the signal aborts. */
  whenEmpty(signal: AbortSignal): Promise<void>;
}

export function createRunRegister(): RunRegister {
  const runs = new Map<RunId, AbortController>();
  const waiting = new Set<() => void>();
  const abandoning = widelyHeard();
  return {
    abandoned: abandoning.signal,
    enter(run) {
      if (runs.has(run)) return undefined;
      const control = widelyHeard();
      runs.set(run, control);
      return control;
    },
    leave(run, control) {
      if (runs.get(run) === control) runs.delete(run);
      if (runs.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
    has: (run) => runs.has(run),
    stop: (run, reason) => runs.get(run)?.abort(reason),
    stopAll(reason) {
      for (const control of runs.values()) control.abort(reason);
      if (reason === "abandon") abandoning.abort();
    },
    get size() {
      return runs.size;
    },
    whenEmpty(signal) {
      if (runs.size === 0 || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    },
  };
}
