import type { JobId } from "../model/job.ts";
import type { JobPause } from "../model/pause.ts";

/** The pauses of jobs. */
export interface PauseStore {
  /** Every pause that stands, also those whose end has come; a job that is not in it was never paused, or resumed. */
  read(): Promise<ReadonlyMap<JobId, JobPause>>;
  /**
   * Pauses a job, in the place of an earlier pause, or resumes it (`undefined`), in one step that notes the command: the
   * same command changes nothing a second time, whatever others did in between.
   */
  set(job: JobId, pause: JobPause | undefined, command: string): Promise<void>;
}
