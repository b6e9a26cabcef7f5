import { ExitError } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";

/** Pause after a pass that failed for a reason that waiting alone may not mend. */
const AFTER_ERROR_MS = 2_000;

export interface LoopDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Runs one pass after the other until the signal aborts; each pass does its own waiting. A pass that throws is logged
 * and the loop goes on: no fault of one document or one moment may stop an agent. Only an ExitError ends it.
 */
export async function runLoop(
  name: string,
  { clock, log }: LoopDeps,
  pass: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await pass();
    } catch (err) {
      if (err instanceof ExitError) throw err;
      log.error("a pass of this loop failed; going on", { event: "loop_failed", loop: name, err });
      await clock.sleep(AFTER_ERROR_MS, signal);
    }
  }
}
