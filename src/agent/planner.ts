import type { JobId, RevisionId, RunOn } from "../model/job.ts";
import { StoreUnavailableError } from "../model/errors.ts";
import type { EpochMs } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cursor, CursorMove, CursorStore } from "../ports/cursor-store.ts";
import type { Log } from "../ports/log.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { nextOccurrence } from "../schedule/due.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { type PlannedJob, settle } from "./job-plan.ts";
import { createKnownCursors, type KnownCursors } from "./known-cursors.ts";
import { momentOf } from "./moment.ts";
import { createRecordKeeping, type RecordKeepingDeps, type Settling } from "./record-keeping.ts";
import type { ServerClock } from "./server-clock.ts";
import { createSetAside } from "./set-aside.ts";
import { createWantedJobs, type WantedJob } from "./wanted-jobs.ts";

/** Jobs that are settled together; one insert carries as many records. */
const SLICE = 250;
/** Longest stretch of working out schedules before other work of this process gets its turn. */
const BUSY_MS_MAX = 20;

export interface PlannerDeps extends RecordKeepingDeps {
  /** Which jobs are planned here. */
  readonly runOn: RunOn;
  readonly cursors: CursorStore;
  readonly revisions: RevisionStore;
  readonly catalog: JobCatalog;
  readonly fleetZone: string;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly log: Log;
}

/**
 * Settles jobs: gives every occurrence up to the server's time its record and moves the job's cursor behind it.
 * Anybody may do so at any time; the keys of the records and the compare-and-set of the cursor keep it single.
 */
export interface Planner {
  /** One round over the jobs that are due, edited or gone. @throws {StoreUnavailableError} begin again */
  round(): Promise<void>;
  /** When the next occurrence is due, as far as is known. */
  nextDue(): EpochMs | undefined;
  /** Forgets what is known of the cursors; the next round reads them all. */
  forget(): void;
}

/** One job in one round: how its cursor stood, and what it is to be. */
interface JobRound {
  readonly id: JobId;
  readonly cursor: Cursor | undefined;
  /** `undefined`: the job is off, deleted or invalid. */
  readonly job: WantedJob | undefined;
  readonly settling: Settling | undefined;
}

export function createPlanner(deps: PlannerDeps): Planner {
  const { cursors, revisions, catalog, fleetZone, clock, serverClock, log } = deps;
  const wantedJobs = createWantedJobs(deps);
  const aside = createSetAside({ now: () => serverClock.now(), log });
  const records = createRecordKeeping(deps, aside);
  const keptRevisions = new Set<RevisionId>();
  let known: KnownCursors | undefined;

  /** The job under whose schedule the cursor was set; `undefined` when it is not stored any more. */
  async function inForce(cursor: Cursor, job: WantedJob | undefined): Promise<PlannedJob | undefined> {
    if (job !== undefined && cursor.schedule === job.hash) return job;
    const former = cursor.revision === null ? undefined : await catalog.revision(cursor.revision);
    if (former === undefined || cursor.revision === null) return undefined;
    const schedule = compileSchedule(former.schedule, cursor.fleetZone ?? fleetZone);
    return { job: former, revision: cursor.revision, schedule };
  }

  async function look(id: JobId, cursor: Cursor | undefined, now: EpochMs): Promise<JobRound> {
    const job = wantedJobs().get(id);
    const nothing: JobRound = { id, cursor, job, settling: undefined };
    if (cursor === undefined || cursor.schedule === null || cursor.plannedTo >= now) return nothing;
    const planned = await inForce(cursor, job);
    if (planned === undefined) {
      const sentence =
        "the former schedule of this job is not stored any more; occurrences before its last edit may lack a record";
      log.error(sentence, { event: "revision_lost", job_id: id });
      return nothing;
    }
    const isOff = job === undefined;
    const settlements = [...settle(planned, { after: cursor.plannedTo, upTo: now }, isOff)];
    return settlements.length === 0 ? nothing : { ...nothing, settling: { planned, settlements, isOff } };
  }

  /** Before a run or a cursor names a revision, it is stored. */
  async function keepRevisions(rounds: readonly JobRound[]): Promise<void> {
    const documents = rounds.flatMap((it) => it.job?.document ?? []).filter((it) => !keptRevisions.has(it.revision));
    if (documents.length === 0) return;
    await togetherElseAlone(
      documents,
      (it) => it.id,
      async (some) => {
        await revisions.keep(some);
        for (const document of some) keptRevisions.add(document.revision);
      },
    );
  }

  /** When what is done for several jobs together is refused, each is tried alone and those that fail are set aside. */
  async function togetherElseAlone<Item>(
    items: readonly Item[],
    jobOf: (item: Item) => JobId,
    act: (items: readonly Item[]) => Promise<void>,
  ): Promise<void> {
    try {
      await act(items);
    } catch (err) {
      if (err instanceof StoreUnavailableError) throw err;
      for (const item of items) await aside.alone(jobOf(item), () => act([item]));
    }
  }

  function moveOf({ id, cursor, job }: JobRound, now: EpochMs): CursorMove | undefined {
    if (cursor === undefined && job === undefined) return undefined;
    const plannedTo = Math.max(cursor?.plannedTo ?? now, now) as EpochMs;
    const revision = job?.revision ?? cursor?.revision ?? null;
    return {
      jobId: id,
      from: cursor && { schedule: cursor.schedule, plannedTo: cursor.plannedTo },
      to: { jobId: id, schedule: job?.hash ?? null, plannedTo, revision, fleetZone },
      next: job && nextOccurrence(job.schedule, plannedTo)?.scheduledFor,
    };
  }

  async function moveCursors(book: KnownCursors, moves: readonly CursorMove[]): Promise<void> {
    book.doubt(moves);
    const moved = await cursors.move(moves);
    book.settle(moves, moved);
    moves.forEach((move, index) => {
      if (moved[index] === true) aside.forget(move.jobId);
    });
  }

  /** Each slice is settled whole, cursors and all, so that what is done stays done when the agent ends in between. */
  async function settleSlice(book: KnownCursors, ids: readonly JobId[]): Promise<void> {
    const sent = momentOf(clock);
    const read = await cursors.read(ids);
    const now = serverClock.settle(read.now, sent);
    const rounds = await lookAtAll(ids, read.cursors, now);
    await keepRevisions(rounds);
    const open = rounds.filter((it) => !aside.has(it.id));
    if (
      !(await records.recordAll(
        open.flatMap((it) => it.settling ?? []),
        now,
      ))
    )
      return;
    const moves = open.flatMap((it) => (aside.has(it.id) ? [] : (moveOf(it, now) ?? [])));
    if (moves.length > 0)
      await togetherElseAlone(
        moves,
        (it) => it.jobId,
        (some) => moveCursors(book, some),
      );
  }

  /** After a long outage there is much to work out; heartbeats come first. */
  async function lookAtAll(ids: readonly JobId[], read: ReadonlyMap<JobId, Cursor>, now: EpochMs): Promise<JobRound[]> {
    const rounds: JobRound[] = [];
    let busySince = clock.monotonicNow();
    for (const id of ids) {
      const looked = await aside.alone(id, () => look(id, read.get(id), now));
      if (looked !== undefined) rounds.push(looked);
      if (clock.monotonicNow() - busySince < BUSY_MS_MAX) continue;
      await clock.sleep(0);
      busySince = clock.monotonicNow();
    }
    return rounds;
  }

  async function readKnown(): Promise<KnownCursors> {
    const fresh = createKnownCursors();
    fresh.takeIn((await cursors.read(undefined)).cursors, wantedJobs());
    return fresh;
  }

  return {
    async round() {
      const book = (known ??= await readKnown());
      const ids = book.candidates(wantedJobs(), serverClock.now()).filter((it) => !aside.isPaused(it));
      aside.begin(ids);
      const slices: Promise<void>[] = [];
      for (let from = 0; from < ids.length; from += SLICE)
        slices.push(settleSlice(book, ids.slice(from, from + SLICE)));
      const failed = (await Promise.allSettled(slices)).find((it) => it.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    },
    nextDue: () => known?.nextDue(aside.tryAgainAt),
    forget() {
      known = undefined;
      aside.forgetAll();
    },
  };
}
