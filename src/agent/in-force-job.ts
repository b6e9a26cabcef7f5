import type { Cursor } from "../ports/cursor-store.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { heldUntil } from "../schedule/held-until.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { PlannedJob } from "./job-plan.ts";
import type { WantedJob } from "./wanted-jobs.ts";

/**
 * The job under whose schedule the cursor was set; `undefined` when it is not stored any more.
 * @param job as it is wanted at present
 * @throws {StoreUnavailableError}
 */
export async function inForceJob(
  catalog: JobCatalog,
  cursor: Cursor,
  job: WantedJob | undefined,
  fleetZone: string,
): Promise<PlannedJob | undefined> {
  if (job !== undefined && cursor.schedule === job.hash) return job;
  const former = cursor.revision === null ? undefined : await catalog.revision(cursor.revision);
  if (former === undefined || cursor.revision === null) return undefined;
  const schedule = compileSchedule(heldUntil(former.schedule, cursor.notBefore), cursor.fleetZone ?? fleetZone);
  return { job: former, revision: cursor.revision, schedule };
}
