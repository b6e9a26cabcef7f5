import type { Occurrence } from "../model/occurrence.ts";
import { DAY_MS, type EpochMs } from "../model/time.ts";
import type { CompiledSchedule } from "./compile.ts";
import { occurrencesIn } from "./due.ts";

/** How far back is looked, step by step: a schedule of every minute is found in the first, one of leap days in the last. */
const REACHES_MS = [1 / 24, 1, 8, 62, 400, 3_000].map((days) => days * DAY_MS);

/** The last occurrence earlier than `before`; `undefined` when there was none in the eight years before it. */
export function previousOccurrence(schedule: CompiledSchedule, before: EpochMs): Occurrence | undefined {
  let upTo = (before - 1) as EpochMs;
  for (const reachMs of REACHES_MS) {
    const after = (before - reachMs) as EpochMs;
    let last: Occurrence | undefined;
    for (const occurrence of occurrencesIn(schedule, { after, upTo })) last = occurrence;
    if (last !== undefined) return last;
    upTo = after;
  }
  return undefined;
}
