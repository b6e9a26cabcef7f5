import type { Settlement } from "../schedule/catch-up.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { nextOccurrence } from "../schedule/due.ts";
import { scheduleHash } from "../schedule/schedule-hash.ts";
import { StoreUnavailableError } from "../model/errors.ts";
import type { JobId, RevisionId, RunOn } from "../model/job.ts";
import type { RunId } from "../model/run.ts";
import { type EpochMs, HOUR_MS, isoSeconds } from "../model/time.ts";
import type { ClaimStore } from "../ports/claim-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cursor, CursorMove, CursorStore, ScheduleHash } from "../ports/cursor-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { JobDocument } from "../ports/job-source.ts";
import type { Log } from "../ports/log.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import type { Claims, Draft, RecordOutcome } from "./claims.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { claimOf, noRunOf, type PlannedJob, type Recorder, settle } from "./job-plan.ts";
import { momentOf } from "./moment.ts";
import type { ServerClock } from "./server-clock.ts";
import { createSetAside } from "./set-aside.ts";

/** A job without due occurrences has its cursor moved at most this often. */
const IDLE_MOVE_MS = HOUR_MS;

export interface PlannerDeps {
  /** Which jobs are planned here, and for whom. */
  readonly runOn: RunOn;
  readonly by: Recorder;
  readonly cursors: CursorStore;
  readonly claims: Claims;
  readonly claimStore: ClaimStore;
  readonly revisions: RevisionStore;
  readonly catalog: JobCatalog;
  readonly fleetZone: string;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly events: EventLog;
  readonly log: Log;
}

/**
 * Settles jobs: gives every occurrence up to the server's time its record and moves the job's cursor behind it.
 * Anybody may do so at any time; the keys of the records and the compare-and-set of the cursor keep it single.
 * What fails for one job sets that job aside; the others are settled.
 */
export interface Planner {
  /** One round over the jobs that are due, edited or gone. @throws {StoreUnavailableError} begin again */
  round(): Promise<void>;
  /** When the next occurrence is due, as far as is known. */
  nextDue(): EpochMs | undefined;
  /** Forgets what is known of the cursors; the next round reads them all. */
  forget(): void;
}

interface Known {
  readonly cursor: Cursor;
  readonly next: EpochMs | undefined;
}

interface Wanted extends PlannedJob {
  readonly hash: ScheduleHash;
  readonly document: JobDocument;
}

/** One job in one round. */
interface JobRound {
  readonly id: JobId;
  readonly cursor: Cursor | undefined;
  readonly job: Wanted | undefined;
  readonly planned: PlannedJob | undefined;
  readonly settlements: readonly Settlement[];
}

export function createPlanner(deps: PlannerDeps): Planner {
  const { by, cursors, claims, claimStore, revisions, catalog, fleetZone, clock, serverClock, events, log } = deps;
  let known: Map<JobId, Known> | undefined;
  const stale = new Set<JobId>();
  const aside = createSetAside({ now: () => serverClock.now(), log });
  let wanted = new Map<JobId, Wanted>();
  let wantedFrom: ReadonlyMap<JobId, JobDocument> | undefined;
  const keptRevisions = new Set<RevisionId>();

  /** The jobs that are on, by id; made anew when the catalog was. */
  function wantedJobs(): ReadonlyMap<JobId, Wanted> {
    if (wantedFrom === catalog.documents) return wanted;
    const fresh = new Map<JobId, Wanted>();
    for (const document of catalog.documents.values()) {
      const before = wanted.get(document.id);
      if (before?.revision === document.revision) fresh.set(document.id, before);
      else if (document.parsed.ok) {
        const job = document.parsed.value;
        if (!job.enabled || job.runOn !== deps.runOn) continue;
        const schedule = compileSchedule(job.schedule, fleetZone);
        const hash = scheduleHash(job, fleetZone) as ScheduleHash;
        fresh.set(document.id, { job, revision: document.revision, schedule, hash, document });
      }
    }
    wanted = fresh;
    wantedFrom = catalog.documents;
    return wanted;
  }

  function candidates(now: EpochMs): JobId[] {
    const jobs = wantedJobs();
    const found: JobId[] = [];
    for (const [id, it] of jobs) {
      const state = known?.get(id);
      if (
        state === undefined ||
        stale.has(id) ||
        state.cursor.schedule !== it.hash ||
        state.cursor.revision !== it.revision
      )
        found.push(id);
      else if ((state.next !== undefined && state.next <= now) || now - state.cursor.plannedTo >= IDLE_MOVE_MS)
        found.push(id);
    }
    for (const [id, state] of known ?? [])
      if (!jobs.has(id) && (state.cursor.schedule !== null || stale.has(id))) found.push(id);
    return found.filter((it) => !aside.has(it));
  }

  /** The job under whose schedule the cursor was set; `undefined` when it is not stored any more. */
  async function inForce(cursor: Cursor, job: Wanted | undefined): Promise<PlannedJob | undefined> {
    if (cursor.schedule === job?.hash) return job;
    if (cursor.revision === null) return undefined;
    const former = await catalog.revision(cursor.revision);
    if (former === undefined) return undefined;
    return {
      job: former,
      revision: cursor.revision,
      schedule: compileSchedule(former.schedule, cursor.fleetZone ?? fleetZone),
    };
  }

  async function look(id: JobId, cursor: Cursor | undefined, now: EpochMs): Promise<JobRound> {
    const job = wantedJobs().get(id);
    if (cursor === undefined || cursor.schedule === null || cursor.plannedTo >= now)
      return { id, cursor, job, planned: undefined, settlements: [] };
    const planned = await inForce(cursor, job);
    if (planned === undefined) {
      log.error(
        "the former schedule of this job is not stored any more; occurrences before its last edit may lack a record",
        { event: "revision_lost", job_id: id },
      );
      return { id, cursor, job, planned, settlements: [] };
    }
    const settlements = [...settle(planned, { after: cursor.plannedTo, upTo: now }, job === undefined)];
    return { id, cursor, job, planned, settlements };
  }

  async function keepRevisions(rounds: readonly JobRound[]): Promise<void> {
    const documents = rounds.flatMap((it) => it.job?.document ?? []).filter((it) => !keptRevisions.has(it.revision));
    if (documents.length === 0) return;
    const keep = async (some: readonly JobDocument[]): Promise<void> => {
      await revisions.keep(some);
      for (const document of some) keptRevisions.add(document.revision);
    };
    await togetherElseAlone(documents, (it) => it.id, keep);
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

  function draft(planned: PlannedJob, settlement: Settlement, earlier: RunId | undefined): Draft {
    const at = serverClock.now();
    if (settlement.verdict === "missed") {
      const { occurrence, reason, last, count } = settlement;
      return {
        kind: "no_run",
        record: noRunOf(planned, occurrence, by, "missed", reason, count > 1 ? { last, count } : undefined, at),
      };
    }
    const { occurrence } = settlement;
    if (earlier !== undefined && planned.job.overlap === "skip") {
      const reason = `an earlier run of this job was still going (${earlier}); overlap is "skip"`;
      return { kind: "no_run", record: noRunOf(planned, occurrence, by, "skipped", reason, undefined, at) };
    }
    return { kind: "run", build: (hasSlot) => claimOf(planned, occurrence, by, hasSlot, serverClock.now()) };
  }

  function sayMissed(planned: PlannedJob, missed: Settlement, outcome: RecordOutcome | undefined): void {
    if (missed.verdict !== "missed" || outcome?.outcome !== "inserted") return;
    const facts = {
      job_id: planned.job.id,
      job: planned.job.name,
      first: isoSeconds(missed.occurrence.scheduledFor),
      last: isoSeconds(missed.last),
      count: missed.count,
      reason: missed.reason,
    };
    log.warn("occurrences were missed", { event: "missed", ...facts });
    const what = missed.count === 1 ? facts.first : `${missed.count} occurrences from ${facts.first} to ${facts.last}`;
    events.record({
      type: "occurrences_missed",
      message: `job "${planned.job.name}" missed ${what}: ${missed.reason}`,
      facts,
    });
  }

  /** Jobs with one occurrence to record, all together; how it mostly is. True per job when everything is acknowledged. */
  async function recordSingles(rounds: readonly JobRound[]): Promise<boolean> {
    const live = await claimStore.liveRuns(
      rounds.filter(startsRun).map((it) => it.id),
      by.scope,
    );
    const entries = rounds.flatMap((it) => {
      const [only] = it.settlements;
      return it.planned === undefined || only === undefined ? [] : [{ planned: it.planned, only, id: it.id }];
    });
    const outcomes = await claims.record(entries.map((it) => draft(it.planned, it.only, live.get(it.id))));
    entries.forEach((it, index) => {
      const outcome = outcomes?.[index];
      if (outcome?.outcome === "refused") aside.add(it.id, outcome.err);
      sayMissed(it.planned, it.only, outcome);
    });
    return outcomes !== undefined;
  }

  /** One by one in order of time, so that the look for an earlier live run sees every earlier record. */
  async function recordSeries(it: JobRound, now: EpochMs): Promise<boolean> {
    if (it.planned === undefined) return true;
    let settlements = it.settlements;
    for (let index = 0; index < settlements.length; index++) {
      const settlement = settlements[index];
      if (settlement === undefined) break;
      const live = settlement.verdict === "run" ? await claimStore.liveRuns([it.id], by.scope) : undefined;
      const [outcome] = (await claims.record([draft(it.planned, settlement, live?.get(it.id))])) ?? [];
      if (outcome === undefined) return false;
      if (outcome.outcome === "refused") throw outcome.err;
      sayMissed(it.planned, settlement, outcome);
      const isStretch = settlement.verdict === "missed" && settlement.count > 1;
      if (outcome.outcome === "exists" && (isStretch || outcome.stretchLast !== undefined)) {
        // Somebody recorded another cut of this stretch: go on behind what is there.
        const after = outcome.stretchLast ?? settlement.occurrence.scheduledFor;
        settlements = [...settle(it.planned, { after, upTo: now }, it.job === undefined)];
        index = -1;
      }
    }
    return true;
  }

  function moveOf(it: JobRound, now: EpochMs): CursorMove | undefined {
    const { id, cursor, job } = it;
    if (cursor === undefined && job === undefined) return undefined;
    const plannedTo = Math.max(cursor?.plannedTo ?? now, now) as EpochMs;
    const to: Cursor = {
      jobId: id,
      schedule: job?.hash ?? null,
      plannedTo,
      revision: job?.revision ?? cursor?.revision ?? null,
      fleetZone,
    };
    const next = job === undefined ? undefined : nextOccurrence(job.schedule, plannedTo)?.scheduledFor;
    return { jobId: id, from: cursor && { schedule: cursor.schedule, plannedTo: cursor.plannedTo }, to, next };
  }

  async function moveCursors(moves: readonly CursorMove[]): Promise<void> {
    for (const move of moves) stale.add(move.jobId);
    const moved = await cursors.move(moves);
    moves.forEach((move, index) => {
      // Moved by somebody else: it stays stale and is read again.
      if (moved[index] !== true) return;
      stale.delete(move.jobId);
      aside.forget(move.jobId);
      if (move.to.schedule === null) known?.delete(move.jobId);
      else known?.set(move.jobId, { cursor: move.to, next: move.next });
    });
  }

  function takeIn(read: ReadonlyMap<JobId, Cursor>): void {
    const map = known ?? new Map<JobId, Known>();
    for (const [id, cursor] of read) {
      if (cursor.schedule === null && !wantedJobs().has(id)) continue;
      const job = wantedJobs().get(id);
      const next =
        job !== undefined && job.hash === cursor.schedule
          ? nextOccurrence(job.schedule, cursor.plannedTo)?.scheduledFor
          : undefined;
      map.set(id, { cursor, next });
    }
    known = map;
  }

  return {
    async round() {
      if (known === undefined) {
        stale.clear();
        takeIn((await cursors.read(undefined)).cursors);
      }
      const ids = candidates(serverClock.now());
      if (ids.length === 0) return;
      const sent = momentOf(clock);
      const read = await cursors.read(ids);
      const now = serverClock.settle(read.now, sent);
      const looked = await Promise.all(ids.map((id) => aside.alone(id, () => look(id, read.cursors.get(id), now))));
      const rounds = looked.filter((it) => it !== undefined);
      await keepRevisions(rounds);
      const open = rounds.filter((it) => !aside.has(it.id) && it.settlements.length > 0);
      const singles = open.filter((it) => !isSeries(it));
      if (singles.length > 0 && !(await recordSingles(singles))) return;
      for (const it of open)
        if (isSeries(it) && (await aside.alone(it.id, () => recordSeries(it, now))) === false) return;
      const moves = rounds.flatMap((it) => (aside.has(it.id) ? [] : (moveOf(it, now) ?? [])));
      if (moves.length > 0) await togetherElseAlone(moves, (it) => it.jobId, moveCursors);
    },
    nextDue() {
      let next: EpochMs | undefined;
      for (const [id, it] of known ?? []) {
        const at = aside.tryAgainAt(id) ?? it.next;
        if (at !== undefined && (next === undefined || at < next)) next = at;
      }
      return next;
    },
    forget() {
      known = undefined;
    },
  };
}

function startsRun(it: { readonly settlements: readonly Settlement[] }): boolean {
  return it.settlements.some((settlement) => settlement.verdict === "run");
}

/** A stretch of misses may meet another cut of it, so it is not done with one insert. */
function isSeries({ settlements: [first, second] }: JobRound): boolean {
  return second !== undefined || (first?.verdict === "missed" && first.count > 1);
}
