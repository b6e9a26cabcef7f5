import type { JobId } from "../model/job.ts";
import type { Occurrence } from "../model/occurrence.ts";
import { isHolding } from "../model/pause.ts";
import type { Problem } from "../model/problem.ts";
import type { EpochMs } from "../model/time.ts";
import type { JobDocument, JobSource } from "../ports/job-source.ts";
import type { JobState, JobStateReader } from "../ports/job-state-reader.ts";
import type { ServerTime } from "../ports/server-time.ts";
import { describeSchedule } from "./describe-schedule.ts";
import type { FleetZone } from "./fleet-zone.ts";
import { comingOccurrences } from "./upcoming.ts";

export interface JobReads {
  readonly jobs: JobSource;
  readonly jobStates: JobStateReader;
  readonly fleetZone: FleetZone;
  readonly serverTime: ServerTime;
}

/** A job as a list shows it. */
export interface JobRow {
  readonly id: JobId;
  readonly name: string;
  readonly standing: "enabled" | "paused" | "disabled" | "invalid";
  /** In words; empty when the document is too wrong to say. */
  readonly schedule: string;
  readonly zone: string;
  /** `undefined`: never again, or not while it stands as it does. */
  readonly next: Occurrence | undefined;
  readonly state: JobState | undefined;
  readonly problems: readonly Problem[];
}

export interface JobTable {
  readonly now: EpochMs;
  readonly rows: readonly JobRow[];
}

/** Every job by name, with what is wrong with it, when it runs next and how it went last. */
export async function readJobTable(reads: JobReads): Promise<JobTable> {
  const [documents, states, zone, now] = await Promise.all([
    reads.jobs.readAll(),
    reads.jobStates.readStates(undefined),
    reads.fleetZone.read(),
    reads.serverTime.now(),
  ]);
  const rows = documents.map((document) => jobRow(document, states.get(document.id), zone, now));
  return { now, rows: rows.toSorted(byNameThenId) };
}

export function jobRow(document: JobDocument, state: JobState | undefined, fleetZone: string, now: EpochMs): JobRow {
  const { id, name, parsed } = document;
  if (!parsed.ok) {
    const nothing = { schedule: "", zone: "", next: undefined };
    return { id, name, standing: "invalid", ...nothing, state, problems: parsed.problems };
  }
  const job = parsed.value;
  return {
    id,
    name,
    standing: !job.enabled ? "disabled" : isHolding(state?.pause, now) ? "paused" : "enabled",
    schedule: describeSchedule(job.schedule),
    zone: job.schedule.zone ?? fleetZone,
    next: comingOccurrences(job, state?.pause, fleetZone, now, 1)[0],
    state,
    problems: parsed.warnings,
  };
}

function byNameThenId(a: JobRow, b: JobRow): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
