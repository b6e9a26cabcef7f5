import { DAY_MS } from "../model/time.ts";

/** How long what was not run is kept for people to read. */
const RECORD_KEEP_MS = 30 * DAY_MS;
/** By how much a record outlives the longest time in which its occurrence could be caught up. */
const MARGIN_MS = 8 * DAY_MS;

/** How long a record without a run is kept: no key becomes free while its occurrence may still be caught up. */
export function recordKeepMs(catchUpWindowMs: number): number {
  return Math.max(RECORD_KEEP_MS, catchUpWindowMs + MARGIN_MS);
}
