import { StoreUnavailableError } from "../model/errors.ts";
import type { JobId } from "../model/job.ts";
import { type EpochMs, SECOND_MS } from "../model/time.ts";
import type { Log } from "../ports/log.ts";

/** Pause before a job that could not be settled is tried again. */
const AGAIN_AFTER_MS = 10 * SECOND_MS;

/** Jobs that could not be settled for a reason of their own: they are tried again after a pause and hold up no other. */
export interface SetAside {
  /** They are tried now. */
  begin(jobs: readonly JobId[]): void;
  add(job: JobId, err: unknown): void;
  /** What the job's own part came to; `undefined` when it failed and the job was set aside. @throws {StoreUnavailableError} */
  alone<T>(job: JobId, part: () => Promise<T>): Promise<T | undefined>;
  /** True from its failure until it is tried again, however long that takes. */
  has(job: JobId): boolean;
  /** True while it is too early to try it again. */
  isPaused(job: JobId): boolean;
  /** When it is to be tried again, if it failed. */
  tryAgainAt(job: JobId): EpochMs | undefined;
  /** It was settled after all. */
  forget(job: JobId): void;
  /** All may be tried in the next round. */
  forgetPauses(): void;
}

export function createSetAside({ now, log }: { readonly now: () => EpochMs; readonly log: Log }): SetAside {
  const pausedUntil = new Map<JobId, EpochMs>();
  const failed = new Set<JobId>();

  function add(job: JobId, err: unknown): void {
    const facts = { event: "job_set_aside", job_id: job, err };
    if (pausedUntil.has(job)) log.debug("this job still can't be planned", facts);
    else log.error("this job could not be planned; the others are, and it is tried again", facts);
    failed.add(job);
    pausedUntil.set(job, (now() + AGAIN_AFTER_MS) as EpochMs);
  }

  return {
    begin(jobs) {
      for (const job of jobs) failed.delete(job);
    },
    add,
    async alone(job, part) {
      try {
        return await part();
      } catch (err) {
        if (err instanceof StoreUnavailableError) throw err;
        add(job, err);
        return undefined;
      }
    },
    has: (job) => failed.has(job),
    isPaused: (job) => (pausedUntil.get(job) ?? 0) > now(),
    tryAgainAt: (job) => pausedUntil.get(job),
    forget: (job) => void pausedUntil.delete(job),
    forgetPauses() {
      // Who failed in the round under way stays out of it: its cursor must not pass what has no record.
      pausedUntil.clear();
    },
  };
}
