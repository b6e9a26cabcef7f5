import type { Job, JobId } from "../model/job.ts";
import type { JobPause } from "../model/pause.ts";
import type { ScheduleSpec } from "../model/schedule-spec.ts";
import type { EpochMs } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cursor, ScheduleHash } from "../ports/cursor-store.ts";
import type { JobDocument } from "../ports/job-source.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { heldUntil } from "../schedule/held-until.ts";
import { scheduleHash } from "../schedule/schedule-hash.ts";
import { createBreather } from "./breather.ts";
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
  readonly clock: Clock;
}

type Compiled = Pick<WantedJob, "schedule" | "hash">;

/** The valid, enabled jobs of one kind that are not paused for good, by id; compiled once per schedule and made anew when the catalog or the choice was. */
export function createWantedJobs({
  catalog,
  choice,
  fleetZone,
  clock,
}: WantedJobsDeps): () => Promise<ReadonlyMap<JobId, WantedJob>> {
  let wanted: ReadonlyMap<JobId, WantedJob> = new Map();
  let madeFrom: ReadonlyMap<JobId, JobDocument> | undefined;
  let pausedBy: ReadonlyMap<JobId, JobPause> | undefined;
  let chosenBy: ((job: Job) => boolean) | undefined;

  /** Many jobs share a schedule: it is compiled once for all of them. */
  const compiled = new WeakMap<ScheduleSpec, Map<string, Compiled>>();

  function compile(job: Job, pausedUntil: EpochMs | undefined): Compiled {
    const key = `${job.runOn} ${pausedUntil}`;
    const ofSpec = compiled.get(job.schedule) ?? new Map<string, Compiled>();
    const known = ofSpec.get(key);
    if (known !== undefined) return known;
    const schedule = heldUntil(job.schedule, pausedUntil);
    const hash = scheduleHash({ ...job, schedule }, fleetZone) as ScheduleHash;
    const fresh = { schedule: compileSchedule(schedule, fleetZone), hash };
    compiled.set(job.schedule, ofSpec.set(key, fresh));
    return fresh;
  }

  function want(
    document: JobDocument,
    pauses: ReadonlyMap<JobId, JobPause>,
    isChosen: (job: Job) => boolean,
  ): WantedJob | undefined {
    if (!document.parsed.ok) return undefined;
    const job = document.parsed.value;
    if (!job.enabled || !isChosen(job)) return undefined;
    const pause = pauses.get(document.id);
    if (pause !== undefined && pause.until === undefined) return undefined;
    const pausedUntil = pause?.until;
    const before = wanted.get(document.id);
    if (before?.revision === document.revision && before.pausedUntil === pausedUntil) return before;
    const { schedule, hash } = compile(job, pausedUntil);
    return { job, revision: document.revision, schedule, hash, document, pausedUntil };
  }

  return async () => {
    const isChosen = choice();
    const { documents, pauses } = catalog;
    if (madeFrom === documents && pausedBy === pauses && chosenBy === isChosen) return wanted;
    const fresh = new Map<JobId, WantedJob>();
    const breather = createBreather(clock);
    for (const document of documents.values()) {
      const job = want(document, pauses, isChosen);
      if (job !== undefined) fresh.set(document.id, job);
      if (breather.isDue()) await breather.rest();
    }
    wanted = fresh;
    madeFrom = documents;
    pausedBy = pauses;
    chosenBy = isChosen;
    return wanted;
  };
}

/** What a cursor notes of the pause of the job that comes into force with it. */
export function pauseEndOf(job: WantedJob | undefined): Pick<Cursor, "notBefore"> {
  return job?.pausedUntil === undefined ? {} : { notBefore: job.pausedUntil };
}
