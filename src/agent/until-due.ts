import { type EpochMs, HOUR_MS, SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";

/** Nothing here waits longer, neither for a retry nor for jitter: a server clock that was set back holds nothing up. */
const WAIT_MS_MAX = HOUR_MS;
/** How soon it is noticed that the server's clock leapt ahead, or that this machine slept. */
const LOOK_MS = 30 * SECOND_MS;

export interface UntilDueDeps {
  readonly clock: Clock;
  /** The server's time as this agent estimates it. */
  readonly now: () => EpochMs;
}

/** Waits until a moment of the server's time; ends early when the signal aborts. */
export async function untilDue(at: EpochMs, { clock, now }: UntilDueDeps, signal: AbortSignal): Promise<void> {
  const startedAt = clock.monotonicNow();
  const waitMs = Math.min(at - now(), WAIT_MS_MAX);
  while (now() < at && !signal.aborted) {
    const leftMs = waitMs - (clock.monotonicNow() - startedAt);
    if (leftMs <= 0) return;
    await clock.sleep(Math.min(leftMs, LOOK_MS), signal);
  }
}
