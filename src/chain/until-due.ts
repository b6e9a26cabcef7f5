import type { EpochMs } from "../model/time.ts";
import type { ChainPorts } from "./chain-ports.ts";
import { RETRY_DELAY_MS_MAX } from "./retry.ts";

/** How soon a stopping agent is noticed while a step waits. */
const LOOK_MS = 250;

/**
 * Waits until a moment of the server's time, at most the longest pause there is: a server clock that was set back must
 * not hold a run up. Ends early when the signal aborts or the agent stops.
 */
export async function untilDue(
  at: EpochMs | undefined,
  { clock, now, isStopping }: Pick<ChainPorts, "clock" | "now" | "isStopping">,
  signal: AbortSignal,
): Promise<void> {
  if (at === undefined) return;
  const startedAt = clock.monotonicNow();
  const waitMs = Math.min(at - now(), RETRY_DELAY_MS_MAX);
  while (now() < at && !signal.aborted && !isStopping()) {
    const leftMs = waitMs - (clock.monotonicNow() - startedAt);
    if (leftMs <= 0) return;
    await clock.sleep(Math.min(leftMs, LOOK_MS), signal);
  }
}
