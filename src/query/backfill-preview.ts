import type { Job } from "../model/job.ts";
import type { MachineId } from "../model/machine.ts";
import type { Occurrence } from "../model/occurrence.ts";
import type { RunId } from "../model/run.ts";
import { backfillRunId, scheduledRunId } from "../model/run-id.ts";
import type { EpochMs } from "../model/time.ts";
import type { RunHistory, RunRecord } from "../ports/run-history.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { occurrencesIn } from "../schedule/due.ts";

/** Records that are asked for together. */
const BATCH = 500;
/** Stretches of misses that are looked at; more than these would be many years. */
const STRETCHES_MAX = 1_000;

/** What an occurrence came to, in one scope, and what a backfill would do with it. */
export interface BackfillRow {
  readonly occurrence: Occurrence;
  /** The machine whose occurrence it is; `undefined` for the fleet. */
  readonly machineId: MachineId | undefined;
  readonly recorded: "ran" | "missed" | "skipped" | "no record";
  /** Why it was missed or skipped. */
  readonly reason: string | undefined;
  /** The run that a backfill makes; `undefined`: none, since the occurrence has a run or was made up for before. */
  readonly run: RunId | undefined;
}

/** The occurrences of a job's present schedule from one time to another, both included; at most `limit`. */
export function occurrencesBetween(
  job: Pick<Job, "schedule">,
  fleetZone: string,
  from: EpochMs,
  to: EpochMs,
  limit: number,
): readonly Occurrence[] {
  const found: Occurrence[] = [];
  const window = { after: (from - 1) as EpochMs, upTo: to };
  for (const occurrence of occurrencesIn(compileSchedule(job.schedule, fleetZone), window)) {
    if (found.length >= limit) break;
    if (occurrence.neverExisted === undefined) found.push(occurrence);
  }
  return found;
}

/** What a backfill of these occurrences would do, in each of these scopes; in order of time. */
export async function previewBackfill(
  runs: Pick<RunHistory, "list" | "withIds">,
  job: Pick<Job, "id">,
  occurrences: readonly Occurrence[],
  scopes: readonly (MachineId | undefined)[],
): Promise<readonly BackfillRow[]> {
  const wanted = occurrences.flatMap((occurrence) => {
    return scopes.map((machineId) => ({
      occurrence,
      machineId,
      own: scheduledRunId(job.id, occurrence.key, machineId),
      run: backfillRunId(job.id, occurrence.key, machineId),
    }));
  });
  const records = new Map<RunId, RunRecord>();
  for (let from = 0; from < wanted.length; from += BATCH) {
    const ids = wanted.slice(from, from + BATCH).flatMap((it) => [it.own, it.run]);
    for (const record of await runs.withIds(ids)) records.set(record.id, record);
  }
  const misses = await runs.list({ jobId: job.id, statuses: ["missed"], since: undefined, limit: STRETCHES_MAX });
  const stretches = misses.filter((it) => it.stretch !== undefined);
  return wanted.map(({ occurrence, machineId, own, run }) => {
    const record = records.get(own) ?? stretches.find((it) => covers(it, occurrence, machineId));
    const recorded = recordedAs(record);
    const isOpen = recorded !== "ran" && !records.has(run);
    const reason = recorded === "ran" ? undefined : record?.reason;
    return { occurrence, machineId, recorded, reason, run: isOpen ? run : undefined };
  });
}

function covers(record: RunRecord, { scheduledFor }: Occurrence, machineId: MachineId | undefined): boolean {
  const { stretch } = record;
  return (
    stretch !== undefined &&
    record.scope === machineId &&
    record.scheduledFor <= scheduledFor &&
    scheduledFor <= stretch.last
  );
}

function recordedAs(record: RunRecord | undefined): BackfillRow["recorded"] {
  if (record === undefined) return "no record";
  return record.status === "missed" || record.status === "skipped" ? record.status : "ran";
}
