import type { JobId, RevisionId } from "../model/job.ts";
import type { JsonObject } from "../model/json.ts";
import type { MachineId } from "../model/machine.ts";
import type { Serial } from "../model/member.ts";
import type { RunId, RunStatus, RunTrigger, Step } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";

/** A record of an occurrence as people read it: waiting, running, ended, missed or skipped. */
export interface RunRecord {
  readonly id: RunId;
  readonly jobId: JobId;
  readonly jobName: string;
  readonly trigger: RunTrigger;
  readonly scheduledFor: EpochMs;
  /** Wall time of `scheduledFor` in the job's zone, with its offset. */
  readonly local: string;
  readonly status: RunStatus;
  /** Why it is not ok, in plain words. */
  readonly reason: string | undefined;
  /** Whose run it is when every machine has one; `undefined` is once in the fleet. */
  readonly scope: MachineId | undefined;
  /** Who runs or ran it, or recorded the miss. */
  readonly machineId: MachineId | undefined;
  readonly serial: Serial | undefined;
  readonly claimedAt: EpochMs | undefined;
  /** When it was recorded that there is no run. */
  readonly recordedAt?: EpochMs;
  /** When it may start at the earliest, where that is later than `scheduledFor`. */
  readonly dueAt?: EpochMs;
  readonly startAt: EpochMs | undefined;
  readonly endAt: EpochMs | undefined;
  readonly takeovers: number;
  readonly cancelRequested: boolean;
  readonly revision: RevisionId | undefined;
  /** What whoever asked for it gave as `vars`. */
  readonly vars?: JsonObject;
  /** Each before its parts, in the order of their places. */
  readonly steps: readonly Step[];
  /** When one record stands for a stretch of misses: its last moment and how many. */
  readonly stretch: { readonly last: EpochMs; readonly count: number } | undefined;
}

export interface RunQuery {
  readonly jobId: JobId | undefined;
  /** Empty: any status. */
  readonly statuses: readonly RunStatus[];
  /** Only what was scheduled then or later. */
  readonly since: EpochMs | undefined;
  readonly limit: number;
}

/** The `job_runs` collection, for people to read. Nothing is decided by it. */
export interface RunHistory {
  /** Latest `scheduledFor` first; without vars, parts of steps, and what steps got and took out of answers. */
  list(query: RunQuery): Promise<readonly RunRecord[]>;
  find(id: RunId): Promise<RunRecord | undefined>;
  /** Those of these records that there are, in the order of the ids; without what `list` leaves out. */
  withIds(ids: readonly RunId[]): Promise<readonly RunRecord[]>;
  /**
   * The records of one occurrence of a job, in whatever scope: those of that time, and stretches of misses that reach
   * over it. Runs that a person asked for are not among them.
   */
  ofOccurrence(job: JobId, scheduledFor: EpochMs): Promise<readonly RunRecord[]>;
}
