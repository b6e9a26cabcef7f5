import type { ChainAbort } from "../chain/chain-ports.ts";
import { CLEANING_MS_MAX } from "../model/cleaning.ts";
import type { Clock } from "../ports/clock.ts";
import { widelyHeard } from "../chain/widely-heard.ts";

/** The time for cleaning up after a run that was stopped from outside; its signal aborts with a ChainAbort. */
export interface CleaningTime {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/** @param abandoned aborts when somebody else is to go on with the run */
export function openCleaningTime(clock: Clock, abandoned: AbortSignal): CleaningTime {
  const control = widelyHeard();
  const end = (reason: ChainAbort): void => control.abort(reason);
  const abandon = (): void => end("abandon");
  if (abandoned.aborted) abandon();
  abandoned.addEventListener("abort", abandon, { once: true });
  void clock.sleep(CLEANING_MS_MAX, control.signal).then(() => end("timeout"));
  return {
    signal: control.signal,
    release() {
      abandoned.removeEventListener("abort", abandon);
      // Ends its timer.
      abandon();
    },
  };
}
