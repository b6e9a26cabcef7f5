import type { EpochMs } from "./time.ts";

/**
 * Holds a job back: nothing of it is due before the end, and an occurrence at that very moment is. It stands beside the
 * job, not in it, so it outlives every edit.
 */
export interface JobPause {
  /** `undefined`: until somebody resumes the job. The end of a pause that is over changes nothing. */
  readonly until: EpochMs | undefined;
  /** What somebody wrote is neither a time nor `true`, so it counts as a pause without an end. */
  readonly isUnreadable?: true;
}

/** Whether nothing of the job is due at this moment. */
export function isHolding(pause: JobPause | undefined, at: EpochMs): boolean {
  return pause !== undefined && (pause.until === undefined || pause.until > at);
}
