import type { EpochMs } from "../model/time.ts";
import type { CompiledSchedule } from "./compile.ts";
import { occurrencesIn } from "./due.ts";
import { createMissedRow, type Missed } from "./missed-row.ts";

/** What of a stretch of misses lies before a moment, which is later than its first: singles or a shorter stretch. */
export function cutStretch(stretch: Missed, schedule: CompiledSchedule, before: EpochMs): readonly Missed[] {
  const row = createMissedRow();
  const after = (stretch.occurrence.scheduledFor - 1) as EpochMs;
  const upTo = Math.min(before - 1, stretch.last) as EpochMs;
  for (const occurrence of occurrencesIn(schedule, { after, upTo }))
    if (occurrence.neverExisted === undefined) row.add(occurrence, stretch.reason);
  return row.end();
}
