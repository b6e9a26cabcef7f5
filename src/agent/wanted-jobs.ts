import type { Job, JobId } from "../model/job.ts";
import type { JobPause } from "../model/pause.ts";
import type { EpochMs } from "../model/time.ts";
import type { Cursor, ScheduleHash } from "../ports/cursor-store.ts";
import type { JobDocument } from "../ports/job-source.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { heldUntil } from "../schedule/held-until.ts";
import { scheduleHash } from "../schedule/schedule-hash.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { PlannedJob } from "./job-plan.ts";

/** A job that is on, as its document says it at present. */
export interface WantedJob extends PlannedJob {
  readonly hash: ScheduleHash;
  readonly document: JobDocument;
  /** The end of its pause, which is a part of the schedule; also one that has come. */
  readonly pausedUntil: EpochMs | undefined;
}

export interface WantedJobsDeps {
  readonly catalog: JobCatalog;
  /** Tells the jobs of one kind from the others; another function when it would tell them otherwise. */
  readonly choice: () => (job: Job) => boolean;
  readonly fleetZone: string;
}

/** The valid, enabled jobs of one kind that are not paused for good, by id; compiled once per revision and made anew when the catalog or the choice was. */
export function createWantedJobs({ catalog, choice, fleetZone }: WantedJobsDeps): () => ReadonlyMap<JobId, WantedJob> {
  let wanted: ReadonlyMap<JobId, WantedJob> = new Map();
  let madeFrom: ReadonlyMap<JobId, JobDocument> | undefined;
  let pausedBy: ReadonlyMap<JobId, JobPause> | undefined;
  let chosenBy: ((job: Job) => boolean) | undefined;

  function want(document: JobDocument, isChosen: (job: Job) => boolean): WantedJob | undefined {
    if (!document.parsed.ok) return undefined;
    const job = document.parsed.value;
    if (!job.enabled || !isChosen(job)) return undefined;
    const pause = catalog.pauses.get(document.id);
    if (pause !== undefined && pause.until === undefined) return undefined;
    const pausedUntil = pause?.until;
    const before = wanted.get(document.id);
    if (before?.revision === document.revision && before.pausedUntil === pausedUntil) return before;
    const schedule = heldUntil(job.schedule, pausedUntil);
    const hash = scheduleHash({ ...job, schedule }, fleetZone) as ScheduleHash;
    const { revision } = document;
    return { job, revision, schedule: compileSchedule(schedule, fleetZone), hash, document, pausedUntil };
  }

  return () => {
    const isChosen = choice();
    if (madeFrom === catalog.documents && pausedBy === catalog.pauses && chosenBy === isChosen) return wanted;
    const fresh = new Map<JobId, WantedJob>();
    for (const document of catalog.documents.values()) {
      const job = want(document, isChosen);
      if (job !== undefined) fresh.set(document.id, job);
    }
    wanted = fresh;
    madeFrom = catalog.documents;
    pausedBy = catalog.pauses;
    chosenBy = isChosen;
    return wanted;
  };
}

/** What a cursor notes of the pause of the job that comes into force with it. */
export function pauseEndOf(job: WantedJob | undefined): Pick<Cursor, "notBefore"> {
  return job?.pausedUntil === undefined ? {} : { notBefore: job.pausedUntil };
}
