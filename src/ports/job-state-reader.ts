import type { JobId } from "../model/job.ts";
import type { JobPause } from "../model/pause.ts";
import type { RunId, RunStatus } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";

/** What the fleet noted about a job's past. */
export interface JobState {
  readonly lastRun: { readonly id: RunId; readonly status: RunStatus; readonly endAt: EpochMs } | undefined;
  readonly lastSuccessAt: EpochMs | undefined;
  readonly failuresInRow: number;
  /** Also one whose end has come. */
  readonly pause?: JobPause;
}

/** The `job_state` collection, for people to read. */
export interface JobStateReader {
  /** The states of these jobs, or of all when `undefined`; a job that no agent has seen is not in it. */
  readStates(jobs: readonly JobId[] | undefined): Promise<ReadonlyMap<JobId, JobState>>;
}
