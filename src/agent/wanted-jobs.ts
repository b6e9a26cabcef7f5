import type { JobId, RunOn } from "../model/job.ts";
import type { ScheduleHash } from "../ports/cursor-store.ts";
import type { JobDocument } from "../ports/job-source.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { scheduleHash } from "../schedule/schedule-hash.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { PlannedJob } from "./job-plan.ts";

/** A job that is on, as its document says it at present. */
export interface WantedJob extends PlannedJob {
  readonly hash: ScheduleHash;
  readonly document: JobDocument;
}

export interface WantedJobsDeps {
  readonly catalog: JobCatalog;
  readonly runOn: RunOn;
  readonly fleetZone: string;
}

/** The valid, enabled jobs of one kind, by id; compiled once per revision and made anew when the catalog was. */
export function createWantedJobs({ catalog, runOn, fleetZone }: WantedJobsDeps): () => ReadonlyMap<JobId, WantedJob> {
  let wanted: ReadonlyMap<JobId, WantedJob> = new Map();
  let madeFrom: ReadonlyMap<JobId, JobDocument> | undefined;

  function want(document: JobDocument): WantedJob | undefined {
    const before = wanted.get(document.id);
    if (before?.revision === document.revision) return before;
    if (!document.parsed.ok) return undefined;
    const job = document.parsed.value;
    if (!job.enabled || job.runOn !== runOn) return undefined;
    const hash = scheduleHash(job, fleetZone) as ScheduleHash;
    return { job, revision: document.revision, schedule: compileSchedule(job.schedule, fleetZone), hash, document };
  }

  return () => {
    if (madeFrom === catalog.documents) return wanted;
    const fresh = new Map<JobId, WantedJob>();
    for (const document of catalog.documents.values()) {
      const job = want(document);
      if (job !== undefined) fresh.set(document.id, job);
    }
    wanted = fresh;
    madeFrom = catalog.documents;
    return wanted;
  };
}
