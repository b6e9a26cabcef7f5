import type { JobId, RevisionId } from "../model/job.ts";
import { StoreUnavailableError } from "../model/errors.ts";
import { type EpochMs, HOUR_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cursor, CursorMove, CursorStore } from "../ports/cursor-store.ts";
import type { Log } from "../ports/log.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import type { Settlement } from "../schedule/catch-up.ts";
import { nextOccurrence } from "../schedule/due.ts";
import { createEditGrounds } from "./edit-grounds.ts";
import { inForceJob } from "./in-force-job.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { createJobChanges } from "./job-changes.ts";
import { FOR_GOOD, type PlannedJob, settle } from "./job-plan.ts";
import type { CurrentShare, JobShare, RunPlace } from "./job-share.ts";
import { createKnownCursors, type KnownCursors } from "./known-cursors.ts";
import { momentOf } from "./moment.ts";
import { createRecordKeeping, type RecordKeepingDeps, type Settling, type Verdict } from "./record-keeping.ts";
import type { ServerClock } from "./server-clock.ts";
import { createSetAside } from "./set-aside.ts";
import { pauseEndOf, type WantedJob } from "./wanted-jobs.ts";

/** Jobs that are settled together; one insert carries as many records. */
const SLICE = 250;
/** Most jobs of one round, those that are due first: what becomes due meanwhile waits for no more than these. */
const ROUND_MAX = 4 * SLICE;
/** Longest stretch of working out schedules before other work of this process gets its turn. */
const BUSY_MS_MAX = 20;
/** Who sweeps reads every cursor anew this often: of a job that is off, nobody else would notice a late move. */
const READ_ALL_AGAIN_MS = HOUR_MS;

export interface PlannerDeps extends RecordKeepingDeps {
  /** Which jobs are planned here. */
  readonly share: CurrentShare;
  readonly cursors: CursorStore;
  readonly revisions: RevisionStore;
  readonly catalog: JobCatalog;
  readonly fleetZone: string;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  /** Called when a fresh reading of the jobs is wanted, and a round after it. */
  readonly onOldJobs: () => void;
  readonly log: Log;
}

/**
 * Settles jobs: gives every occurrence up to the server's time its record and moves the job's cursor behind it.
 * Anybody may do so at any time; the keys of the records and the compare-and-set of the cursor keep it single. To save
 * work each agent does its share at once, and the leader some seconds later what is still open.
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
  /** Its cursor keeps the version of the job that it stands for: what is known here may be older. */
  readonly keeps?: PlannedJob;
}

export function createPlanner(deps: PlannerDeps): Planner {
  const { cursors, revisions, catalog, fleetZone, clock, serverClock, log } = deps;
  const aside = createSetAside({ now: () => serverClock.now(), log });
  const records = createRecordKeeping(deps, aside);
  const changes = createJobChanges({ events: deps.events, catalog, scope: deps.by.scope });
  const grounds = createEditGrounds(deps);
  const keptRevisions = new Set<RevisionId>();
  let known: { readonly book: KnownCursors; readonly isWhole: boolean; readonly readAt: number } | undefined;
  let share: JobShare | undefined;
  /** What the rounds so far have not come to. */
  let rest: Rest | undefined;

  async function look(part: Part, id: JobId, cursor: Cursor | undefined, now: EpochMs): Promise<JobRound | undefined> {
    const job = part.share.all.get(id);
    if (cursor !== undefined) {
      const readingsBefore = part.book.readingsBefore(id, cursor);
      if (grounds.areLacking(cursor, job, part.reading, readingsBefore)) return lookByCursor(part, cursor, now);
    }
    const nothing: JobRound = { id, cursor, job, settling: undefined };
    if (cursor === undefined || cursor.schedule === null || cursor.plannedTo >= now) return nothing;
    const planned = await inForceJob(catalog, cursor, job, fleetZone);
    if (planned === undefined) {
      const sentence =
        "the former schedule of this job is not stored any more; occurrences before its last edit may lack a record";
      log.error(sentence, { event: "revision_lost", job_id: id });
      return nothing;
    }
    // The fleet settles a job of every machine while none matches; that ends when one does, not by an edit alone.
    const isNobodys = deps.by.scope === undefined && planned.job.runOn === "all";
    const place: RunPlace =
      job === undefined && !isNobodys ? { kind: "here" } : part.share.placeOf(job?.job ?? planned.job);
    const offUntil = job === undefined ? (isNobodys ? undefined : FOR_GOOD) : job.pausedUntil;
    return { ...nothing, settling: settlingOf(planned, cursor, now, place, offUntil) };
  }

  /** A job of which the cursor may know more than this agent; `undefined` when nothing is to be done with it. */
  async function lookByCursor(
    { book, share: current }: Part,
    cursor: Cursor,
    now: EpochMs,
  ): Promise<JobRound | undefined> {
    const { jobId: id, schedule, plannedTo } = cursor;
    const isWaiting = schedule === null || grounds.waitMs() > 0;
    const planned = isWaiting ? undefined : await inForceJob(catalog, cursor, undefined, fleetZone);
    book.keepOther(id, cursor, planned && nextOccurrence(planned.schedule, plannedTo)?.scheduledFor, now);
    if (planned === undefined || plannedTo >= now) return undefined;
    const settling = settlingOf(planned, cursor, now, current.placeOf(planned.job), cursor.notBefore);
    return settling && { id, cursor, job: undefined, settling, keeps: planned };
  }

  /** What is due of another's job is left to its owner for a while. */
  function isLeft({ book, share: { mine, all } }: Part, { id, settling }: JobRound, now: EpochMs): boolean {
    const [first] = settling?.settlements ?? [];
    if (first === undefined || mine.has(id) || !all.has(id)) return false;
    return book.leave(id, first.occurrence.scheduledFor, now) !== undefined;
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

  function moveOf({ id, cursor, job, keeps }: JobRound, settledTo: EpochMs): CursorMove | undefined {
    if (cursor === undefined && job === undefined) return undefined;
    const plannedTo = Math.max(cursor?.plannedTo ?? settledTo, settledTo) as EpochMs;
    if (keeps !== undefined && cursor !== undefined) {
      const next = nextOccurrence(keeps.schedule, plannedTo)?.scheduledFor;
      return { jobId: id, from: cursor, to: { ...cursor, plannedTo }, next };
    }
    const revision = job?.revision ?? cursor?.revision ?? null;
    return {
      jobId: id,
      from: cursor && { schedule: cursor.schedule, plannedTo: cursor.plannedTo, revision: cursor.revision },
      to: { jobId: id, schedule: job?.hash ?? null, plannedTo, revision, fleetZone, ...pauseEndOf(job) },
      next: job && nextOccurrence(job.schedule, plannedTo)?.scheduledFor,
    };
  }

  async function moveCursors(book: KnownCursors, moves: readonly CursorMove[], now: EpochMs): Promise<void> {
    book.doubt(moves);
    const moved = await cursors.move(moves);
    book.settle(moves, moved, now);
    changes.tell(moves, moved);
    moves.forEach((move, index) => {
      if (moved[index] === true) aside.forget(move.jobId);
    });
  }

  /** Each slice is settled whole, cursors and all, so that what is done stays done when the agent ends in between. */
  async function settleSlice(part: Part, ids: readonly JobId[]): Promise<void> {
    const sent = momentOf(clock);
    const read = await cursors.read(ids);
    const now = serverClock.settle(read.now, sent);
    const looked = await lookAtAll(part, ids, read.cursors, now);
    const rounds = looked.filter((it) => !isLeft(part, it, now) && !noteSettled(part, it, now));
    await keepRevisions(rounds);
    const open = rounds.filter((it) => !aside.has(it.id));
    const reached = await records.recordAll(open.flatMap((it) => it.settling ?? []));
    if (reached === undefined) return;
    const settledTo = (id: JobId) => Math.max(now, reached.get(id) ?? now) as EpochMs;
    const moves = open.flatMap((it) => (aside.has(it.id) ? [] : (moveOf(it, settledTo(it.id)) ?? [])));
    if (moves.length > 0)
      await togetherElseAlone(
        moves,
        (it) => it.jobId,
        (some) => moveCursors(part.book, some, now),
      );
  }

  /** True when there is nothing to write for this job. */
  function noteSettled(
    { book, share: { mine } }: Part,
    { id, cursor, job, settling }: JobRound,
    now: EpochMs,
  ): boolean {
    if (settling !== undefined || !book.isSettled(cursor, job, mine.has(id), now)) return false;
    book.takeIn(id, cursor, job, now);
    aside.forget(id);
    return true;
  }

  /** After a long outage there is much to work out; heartbeats come first. */
  async function lookAtAll(
    part: Part,
    ids: readonly JobId[],
    read: ReadonlyMap<JobId, Cursor>,
    now: EpochMs,
  ): Promise<JobRound[]> {
    const rounds: JobRound[] = [];
    let busySince = clock.monotonicNow();
    for (const id of ids) {
      const looked = await aside.alone(id, () => look(part, id, read.get(id), now));
      if (looked !== undefined) rounds.push(looked);
      if (clock.monotonicNow() - busySince < BUSY_MS_MAX) continue;
      await clock.sleep(0);
      busySince = clock.monotonicNow();
    }
    return rounds;
  }

  /** Who sweeps must know every cursor, also those of jobs that are gone; the others know those of their share. */
  async function bookFor(current: JobShare): Promise<KnownCursors> {
    const readAt = clock.monotonicNow();
    const isFresh = known?.isWhole === true && readAt - known.readAt < READ_ALL_AGAIN_MS;
    if (known !== undefined && (isFresh || !current.sweeps)) {
      // A book that follows its own share alone forgets the others: who sweeps again later reads them again.
      if (!current.sweeps) known = { ...known, isWhole: false };
      return known.book;
    }
    const book = createKnownCursors(() => catalog.begun);
    const mine = { book, isWhole: current.sweeps, readAt };
    if (current.sweeps) {
      const sent = momentOf(clock);
      const read = await cursors.read(undefined);
      const now = serverClock.settle(read.now, sent);
      for (const [id, cursor] of read.cursors) book.takeIn(id, cursor, current.all.get(id), now);
    }
    known = mine;
    return book;
  }

  /** The jobs of one round; those that it leaves are taken by the next ones before anything else is looked for. */
  function take(book: KnownCursors, current: JobShare): readonly JobId[] {
    const now = serverClock.now();
    if (rest?.book !== book || rest.of !== current)
      rest = { ids: book.candidates(current, now), from: 0, takenEarly: new Set(), book, of: current };
    const taken = new Set<JobId>();
    for (const id of book.due(current, now)) {
      if (taken.size >= ROUND_MAX) break;
      if (aside.isPaused(id)) continue;
      taken.add(id);
      rest.takenEarly.add(id);
    }
    for (; taken.size < ROUND_MAX && rest.from < rest.ids.length; rest.from++) {
      const id = rest.ids[rest.from];
      if (id !== undefined && !rest.takenEarly.has(id) && !aside.isPaused(id)) taken.add(id);
    }
    if (rest.from >= rest.ids.length) rest = undefined;
    return [...taken];
  }

  return {
    async round() {
      const { reading } = catalog;
      const current = await deps.share();
      const book = await bookFor(current);
      share = current;
      book.follow(current);
      const part: Part = { book, share: current, reading };
      const ids = take(book, current);
      aside.begin(ids);
      const slices: Promise<void>[] = [];
      for (let from = 0; from < ids.length; from += SLICE)
        slices.push(settleSlice(part, ids.slice(from, from + SLICE)));
      const failed = (await Promise.allSettled(slices)).find((it) => it.status === "rejected");
      if (failed !== undefined) {
        rest = undefined;
        throw failed.reason;
      }
      // Thousands of jobs at once make thousands of events: the log keeps only so many waiting.
      if (rest !== undefined) await deps.events.flush();
    },
    nextDue() {
      if (known === undefined || share === undefined) return undefined;
      if (rest !== undefined) return serverClock.now();
      const due = known.book.nextDue(share, aside.tryAgainAt);
      const waitMs = grounds.waitMs();
      if (waitMs === 0) return due;
      return Math.min(due ?? Number.POSITIVE_INFINITY, serverClock.now() + waitMs) as EpochMs;
    },
    forget() {
      known = undefined;
      rest = undefined;
      aside.forgetPauses();
    },
  };
}

/** Jobs that several rounds go through: lists of 10^5 jobs are made once for all of these rounds. */
interface Rest {
  readonly ids: readonly JobId[];
  /** The place of the first that no round has come to. */
  from: number;
  /** Those that were taken before it was their turn, as they were due. */
  readonly takenEarly: Set<JobId>;
  readonly book: KnownCursors;
  readonly of: JobShare;
}

/** What one round goes by. */
interface Part {
  readonly book: KnownCursors;
  readonly share: JobShare;
  /** The number of the reading of the jobs that the share comes from, or of an earlier one. */
  readonly reading: number;
}

/** What is due of a job up to now; `undefined` when nothing is. */
function settlingOf(
  planned: PlannedJob,
  cursor: Cursor,
  now: EpochMs,
  place: RunPlace,
  offUntil: EpochMs | undefined,
): Settling | undefined {
  const again = (after: EpochMs) => [...settle(planned, { after, upTo: now }, offUntil)].map(placed(place));
  const settlements = again(cursor.plannedTo);
  if (settlements.length === 0) return undefined;
  return { planned, settlements, again, giveTo: place.kind === "elsewhere" ? place.member : undefined };
}

/** A run that nobody may begin is recorded so. */
function placed(place: RunPlace): (settlement: Settlement) => Verdict {
  return (settlement) => {
    if (place.kind !== "nowhere" || settlement.verdict !== "run") return settlement;
    const { occurrence } = settlement;
    if (place.status === "skipped") return { verdict: "skipped", occurrence, reason: place.reason };
    return { verdict: "missed", occurrence, last: occurrence.scheduledFor, count: 1, reason: place.reason };
  };
}
