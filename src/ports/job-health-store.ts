import type { JobId, RevisionId } from "../model/job.ts";
import type { Problem } from "../model/problem.ts";
import type { RunId, RunStatus } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";

/** What the fleet knows about a job beside its document, for people to read. */
export interface JobHealthStore {
  publish(reports: readonly JobHealth[]): Promise<void>;
  /** After a run of the job ended. */
  noteEnd(end: {
    readonly jobId: JobId;
    readonly run: RunId;
    readonly status: RunStatus;
    readonly endAt: EpochMs;
  }): Promise<void>;
}

export interface JobHealth {
  readonly jobId: JobId;
  readonly name: string;
  readonly revision: RevisionId;
  readonly valid: boolean;
  readonly problems: readonly Problem[];
}
