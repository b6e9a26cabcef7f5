import type { JobId, RevisionId } from "../../../model/job.ts";
import type { Problem } from "../../../model/problem.ts";
import type { RunStatus } from "../../../model/run.ts";
import type { Cursor, CursorMove, ScheduleHash } from "../../../ports/cursor-store.ts";
import type { SteeredDocument } from "../steered-by.ts";
import { dateOf, instantOf } from "./instants.ts";

/** The part of `job_state` and `cursors` that says how far a job is settled. */
export interface CursorDocument {
  readonly _id: string;
  readonly job_id?: string;
  /** In `cursors` only. */
  readonly machine_id?: string;
  readonly schedule?: string | null;
  readonly planned_to?: Date;
  readonly planned_revision?: string | null;
  readonly planned_tz?: string | null;
  /** The end of the pause under which the schedule came into force. */
  readonly not_before?: Date | null;
  readonly next?: Date | null;
}

/** A document of `job_state`. */
export interface JobStateDocument extends CursorDocument, SteeredDocument {
  readonly name?: string;
  readonly revision?: string;
  readonly valid?: boolean;
  readonly problems?: readonly Problem[];
  readonly last_run?: { readonly id: string; readonly status: RunStatus; readonly end_at: Date };
  readonly last_success_at?: Date;
  readonly failures_in_row?: number;
  /** A date, or `true` for a pause without an end; people may write it too. */
  readonly paused_until?: Date | boolean | null;
}

/** `undefined` while nobody has planned the job. */
export function cursorOf(document: CursorDocument, jobId: JobId): Cursor | undefined {
  if (document.planned_to === undefined) return undefined;
  return {
    jobId,
    schedule: (document.schedule ?? null) as ScheduleHash | null,
    plannedTo: instantOf(document.planned_to),
    revision: (document.planned_revision ?? null) as RevisionId | null,
    fleetZone: document.planned_tz ?? null,
    ...(document.not_before instanceof Date ? { notBefore: instantOf(document.not_before) } : {}),
  };
}

export function cursorFields({ to, next }: CursorMove): Omit<CursorDocument, "_id" | "machine_id"> {
  return {
    job_id: to.jobId,
    schedule: to.schedule,
    planned_to: dateOf(to.plannedTo),
    planned_revision: to.revision,
    planned_tz: to.fleetZone,
    not_before: to.notBefore === undefined ? null : dateOf(to.notBefore),
    next: next === undefined ? null : dateOf(next),
  };
}
