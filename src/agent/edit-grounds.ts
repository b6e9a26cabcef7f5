import { SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cursor } from "../ports/cursor-store.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { WantedJob } from "./wanted-jobs.ts";

/** How long a job waits for a fresh reading before it is settled by its cursor alone. */
const WAIT_MS = 15 * SECOND_MS;

export interface EditGroundsDeps {
  readonly catalog: Pick<JobCatalog, "reading">;
  readonly clock: Clock;
  /** Called when a fresh reading of the jobs is wanted; the planner wants a look after it. */
  readonly onOldJobs: () => void;
}

/**
 * Whether this agent knows enough to move a cursor to another version of its job. Whoever put the cursor where it
 * stands had read the jobs before; so a reading that began after the cursor was seen there is no older than that one,
 * and by the compare-and-set of the move no cursor ever goes back to an older version. No clock takes part in it.
 */
export interface EditGrounds {
  /**
   * True when the cursor stands for another version than `job`, and what is known of the jobs may be the older of both.
   * @param reading the number of the reading that `job` comes from
   * @param readingsBefore how many readings had begun when the cursor was first seen where it stands
   */
  areLacking(cursor: Cursor, job: WantedJob | undefined, reading: number, readingsBefore: number): boolean;
  /** How long such jobs still wait for a fresh reading; then they are settled by what their cursors stand for. */
  waitMs(): number;
}

export function createEditGrounds({ catalog, clock, onOldJobs }: EditGroundsDeps): EditGrounds {
  let asked: { readonly reading: number; readonly at: number } | undefined;
  return {
    areLacking(cursor, job, reading, readingsBefore) {
      if (standsFor(cursor, job) || reading > readingsBefore) return false;
      if (asked?.reading !== catalog.reading) asked = { reading: catalog.reading, at: clock.monotonicNow() };
      onOldJobs();
      return true;
    },
    waitMs: () => (asked?.reading === catalog.reading ? Math.max(0, asked.at + WAIT_MS - clock.monotonicNow()) : 0),
  };
}

function standsFor({ schedule, revision }: Cursor, job: WantedJob | undefined): boolean {
  return job === undefined ? schedule === null : schedule === job.hash && revision === job.revision;
}
