import { StoreUnavailableError } from "../model/errors.ts";
import type { JobId } from "../model/job.ts";
import { type EpochMs, SECOND_MS } from "../model/time.ts";
import type { Log } from "../ports/log.ts";

/** Pause before a job that could not be settled is tried again. */
const AGAIN_AFTER_MS = 10 * SECOND_MS;

/** Jobs that could not be settled for a reason of their own: they are tried again after a pause and hold up no other. */
export interface SetAside {
  /** What the job's own part came to; `undefined` when it failed and the job was set aside. @throws {StoreUnavailableError} */
  alone<T>(job: JobId, part: () => Promise<T>): Promise<T | undefined>;
  add(job: JobId, err: unknown): void;
  /** True while its pause lasts. */
  has(job: JobId): boolean;
  /** It was settled after all, or is no more. */
  forget(job: JobId): void;
  /** When it is to be tried again, if it failed. */
  tryAgainAt(job: JobId): EpochMs | undefined;
}

export function createSetAside({ now, log }: { readonly now: () => EpochMs; readonly log: Log }): SetAside {
  const until = new Map<JobId, EpochMs>();

  function add(job: JobId, err: unknown): void {
    const facts = { event: "job_set_aside", job_id: job, err };
    if (until.has(job)) log.debug("this job still can't be planned", facts);
    else log.error("this job could not be planned; the others are, and it is tried again", facts);
    until.set(job, (now() + AGAIN_AFTER_MS) as EpochMs);
  }

  return {
    async alone(job, part) {
      try {
        return await part();
      } catch (err) {
        if (err instanceof StoreUnavailableError) throw err;
        add(job, err);
        return undefined;
      }
    },
    add,
    has: (job) => (until.get(job) ?? 0) > now(),
    forget: (job) => void until.delete(job),
    tryAgainAt: (job) => until.get(job),
  };
}
