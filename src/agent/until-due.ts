import { type EpochMs, SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";

/** How soon it is noticed that the server's clock leapt ahead, or that this machine slept. */
const LOOK_MS = 30 * SECOND_MS;

export interface UntilDueDeps {
  readonly clock: Clock;
  /** The server's time as this agent estimates it. */
  readonly now: () => EpochMs;
}

/**
 * Waits until a moment of the server's time; ends early when the signal aborts. A server clock that is set back holds
 * nothing up: what is left is reckoned once, at the beginning, and counted on a clock that never jumps. A moment that
 * was stored before the clock was set back lies too far ahead from the beginning; that is what `longestMs` is for.
 * @param longestMs no such wait was ever meant to be longer, whoever began it
 */
export async function untilDue(
  at: EpochMs,
  longestMs: number,
  { clock, now }: UntilDueDeps,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.monotonicNow();
  const waitMs = Math.min(at - now(), longestMs);
  while (now() < at && !signal.aborted) {
    const leftMs = waitMs - (clock.monotonicNow() - startedAt);
    if (leftMs <= 0) return;
    await clock.sleep(Math.min(leftMs, LOOK_MS), signal);
  }
}
