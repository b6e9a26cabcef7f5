import type { RunLimits } from "../model/config.ts";
import type { Run, RunEnd } from "../model/run.ts";
import { DAY_MS } from "../model/time.ts";

/** How long what was not run is kept for people to read. */
const RECORD_KEEP_MS = 30 * DAY_MS;
/** By how much a record outlives the longest time in which its occurrence could be caught up. */
const MARGIN_MS = 8 * DAY_MS;

/** How long a record without a run is kept: no key becomes free while its occurrence may still be caught up. */
export function recordKeepMs(catchUpWindowMs: number): number {
  return Math.max(RECORD_KEEP_MS, catchUpWindowMs + MARGIN_MS);
}

type KeepLimits = Pick<RunLimits, "keepOkMs" | "keepFailedMs">;

/**
 * How long a run is kept from its end on: as the config says, but longer than its occurrence may still be caught up.
 * @param catchUpWindowMs of the job as the run knows it, if that is known
 */
export function endedRunKeepMs(
  run: Pick<Run, "scheduledFor">,
  end: RunEnd,
  catchUpWindowMs: number | undefined,
  { keepOkMs, keepFailedMs }: KeepLimits,
): number {
  const keep = end.status === "ok" ? keepOkMs : keepFailedMs;
  return Math.max(keep, run.scheduledFor + (catchUpWindowMs ?? 0) + DAY_MS - end.endAt);
}
