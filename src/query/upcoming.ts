import type { Job } from "../model/job.ts";
import type { Occurrence } from "../model/occurrence.ts";
import type { JobPause } from "../model/pause.ts";
import type { EpochMs } from "../model/time.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { nextOccurrence } from "../schedule/due.ts";
import { heldUntil } from "../schedule/held-until.ts";

/**
 * The next occurrences of a job, all later than `after`, fewer than `count` when the schedule ends. The same function
 * that firing uses, so a preview never differs from what happens. Whether the job is enabled does not matter here.
 */
export function upcomingOccurrences(
  job: Pick<Job, "schedule">,
  fleetZone: string,
  after: EpochMs,
  count: number,
): readonly Occurrence[] {
  const schedule = compileSchedule(job.schedule, fleetZone);
  const occurrences: Occurrence[] = [];
  let from = after;
  while (occurrences.length < count) {
    const next = nextOccurrence(schedule, from);
    if (next === undefined) break;
    occurrences.push(next);
    from = next.scheduledFor;
  }
  return occurrences;
}

/** The same of a job as it stands: none while it is switched off or paused for good, none before its pause ends. */
export function comingOccurrences(
  job: Pick<Job, "schedule" | "enabled">,
  pause: JobPause | undefined,
  fleetZone: string,
  after: EpochMs,
  count: number,
): readonly Occurrence[] {
  if (!job.enabled || (pause !== undefined && pause.until === undefined)) return [];
  return upcomingOccurrences({ schedule: heldUntil(job.schedule, pause?.until) }, fleetZone, after, count);
}
