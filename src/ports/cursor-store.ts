import type { JobId, RevisionId } from "../model/job.ts";
import type { EpochMs } from "../model/time.ts";
import type { Brand } from "../model/brand.ts";

/** Hash of what decides when a job is due. */
export type ScheduleHash = Brand<string, "ScheduleHash">;

/** How far a job is settled: every occurrence up to `plannedTo` of the schedule then in force has its record. */
export interface Cursor {
  readonly jobId: JobId;
  /** `null`: off, paused, invalid or deleted. */
  readonly schedule: ScheduleHash | null;
  readonly plannedTo: EpochMs;
  /** The job as it was when `schedule` came into force, and the zone of the fleet at that time. */
  readonly revision: RevisionId | null;
  readonly fleetZone: string | null;
  /** The end of the job's pause at that time: a part of the schedule. */
  readonly notBefore?: EpochMs;
}

export interface CursorMove {
  readonly jobId: JobId;
  /** What was read, and may be moved no further meanwhile; `undefined` when there was none. The revision is only told. */
  readonly from: (Pick<Cursor, "schedule" | "plannedTo"> & Partial<Pick<Cursor, "revision">>) | undefined;
  readonly to: Cursor;
  /** The next occurrence, for people to read. */
  readonly next: EpochMs | undefined;
}

/** Cursors of one scope: of the fleet (`job_state`) or of this machine (`cursors`). */
export interface CursorStore {
  /** The cursors of these jobs (all when `undefined`), and the server's time, taken not before the call. */
  read(
    jobs: readonly JobId[] | undefined,
  ): Promise<{ readonly now: EpochMs; readonly cursors: ReadonlyMap<JobId, Cursor> }>;
  /**
   * Each move happens only if the cursor is still what was read. True per move when it did, in order.
   * @throws {StoreUnavailableError} when the outcome is unknown: read again.
   */
  move(moves: readonly CursorMove[]): Promise<readonly boolean[]>;
}
