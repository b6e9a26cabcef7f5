import { matches } from "../membership/eligible.ts";
import type { MachineId } from "../model/machine.ts";
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS, type TimeWindow } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Cursor, CursorMove, CursorStore } from "../ports/cursor-store.ts";
import type { MachineRecord, MachineStore } from "../ports/machine-store.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import type { Missed } from "../schedule/missed-row.ts";
import { nextOccurrence, occurrencesIn } from "../schedule/due.ts";
import { inForceJob } from "./in-force-job.ts";
import type { JobCatalog } from "./job-catalog.ts";
import { createJobChanges } from "./job-changes.ts";
import type { PlannedJob } from "./job-plan.ts";
import { momentOf } from "./moment.ts";
import { createMissesTold } from "./misses-told.ts";
import { createRecordKeeping, type Reached, type RecordKeepingDeps, type Settling } from "./record-keeping.ts";
import type { ServerClock } from "./server-clock.ts";
import { createSetAside } from "./set-aside.ts";
import { factsOf } from "./unmatched-jobs.ts";
import { createWantedJobs, pauseEndOf, type WantedJob } from "./wanted-jobs.ts";

/** After a change of leader machines may be just about to come back. */
const FIRST_PASS_AFTER_MS = MINUTE_MS;
const PASS_EVERY_MS = 10 * MINUTE_MS;
/** When there was too much for one pass. */
const GO_ON_AFTER_MS = 10 * SECOND_MS;
/** Cursors that one pass moves at most. */
const MOVES_MAX = 1_000;
/** Cursors that are settled together. */
const SLICE = 250;
/** Longest time that one record of misses covers, and that one pass works out for one job. */
const STRETCH_MS_MAX = 31 * DAY_MS;
/** A cursor is moved once it is this far behind, so that a machine that is off for long leaves few records. */
const BEHIND_MS = HOUR_MS;
/** Who was seen no longer ago than this is not off. */
const SEEN_MS = MINUTE_MS;
/** Longest stretch of working out schedules before other work of this process gets its turn. */
const BUSY_MS_MAX = 20;

export interface AbsenteesDeps extends Omit<RecordKeepingDeps, "by"> {
  readonly by: Omit<RecordKeepingDeps["by"], "scope">;
  readonly machines: MachineStore;
  readonly serials: SerialStore;
  readonly cursorsOf: (machine: MachineId) => CursorStore;
  readonly catalog: JobCatalog;
  readonly fleetZone: string;
  readonly serverClock: ServerClock;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
}

/**
 * What the leader does for machines that are off, in jobs with `run_on: all`: their occurrences that nobody can catch up
 * any more, since they lie before the job's window, are recorded as missed, so that no due occurrence stays without a
 * record. What lies within the window is left to the machine, also when the job was edited: then the former schedule
 * holds for it up to when the leader saw the edit, and that moment must lie before the window too. Its cursor moves by compare-and-set: when the machine
 * comes back meanwhile, one of the two moves it, and the keys of the records keep them single.
 */
export interface Absentees {
  /** Does a part of it when it is time. @throws {StoreUnavailableError} begin again */
  pass(): Promise<void>;
}

/** One cursor of an absent machine: what of it is settled, and where it goes. */
interface Absence {
  readonly move: CursorMove;
  readonly settling: Settling | undefined;
  readonly wanted: WantedJob | undefined;
}

/** A version of a job that an absent machine has not taken in: what its cursor stands for, what is wanted, since when. */
interface SeenEdit {
  readonly from: Pick<Cursor, "schedule" | "revision">;
  readonly wantedHash: Cursor["schedule"];
  readonly at: EpochMs;
  /** Only a reading of the jobs that began after the cursor was read is known to be no older than the cursor. */
  readonly readingsBefore: number;
}

export function createAbsentees(deps: AbsenteesDeps): Absentees {
  const { machines, serials, cursorsOf, catalog, fleetZone, serverClock, isLeader, clock, log } = deps;
  const wantedJobs = createWantedJobs({ catalog, fleetZone, choice: () => runsOnAll, clock });
  let passAt: number | undefined;
  /** The machine after which the next pass begins. */
  let lastDone = "";
  let seenEdits = new Map<string, SeenEdit>();

  async function planFor(absent: MachineRecord, cursor: Cursor, now: EpochMs): Promise<Absence | undefined> {
    const job = (await wantedJobs()).get(cursor.jobId);
    const wanted = job !== undefined && matches(job.job.where, factsOf(absent)) ? job : undefined;
    const planned = await inForceJob(catalog, cursor, job, fleetZone);
    if (planned === undefined) return undefined;
    const windowMs = planned.job.catchUpWindowMs;
    const before = (now - windowMs) as EpochMs;
    const editedAt = editOf(absent.machineId, cursor, wanted, now);
    const takesEdit = editedAt !== undefined && editedAt <= before;
    const wished = takesEdit ? Math.max(editedAt, cursor.plannedTo) : before;
    const until = Math.min(wished, cursor.plannedTo + STRETCH_MS_MAX) as EpochMs;
    if (until - cursor.plannedTo < BEHIND_MS && !takesEdit) return undefined;
    const settling = settlingOf(planned, { after: cursor.plannedTo, upTo: until }, whyNotRun(absent, now));
    const to = takesEdit && until === wished ? editedTo(cursor, wanted, until) : { ...cursor, plannedTo: until };
    const next = wanted && nextOccurrence(wanted.schedule, until)?.scheduledFor;
    return { move: { jobId: cursor.jobId, from: cursor, to, next }, settling, wanted };
  }

  /** When the present version of a job was first seen here to differ from what a cursor stands for; `undefined`: it does not. */
  function editOf(
    machine: MachineId,
    cursor: Cursor,
    wanted: WantedJob | undefined,
    now: EpochMs,
  ): EpochMs | undefined {
    const key = `${machine}|${cursor.jobId}`;
    const { schedule, revision } = cursor;
    const wantedHash = wanted?.hash ?? null;
    const seen = seenEdits.get(key);
    if (wantedHash === schedule) return void seenEdits.delete(key);
    if (seen?.from.schedule === schedule && seen.from.revision === revision && seen.wantedHash === wantedHash)
      return catalog.reading > seen.readingsBefore ? seen.at : undefined;
    seenEdits.set(key, { from: { schedule, revision }, wantedHash, at: now, readingsBefore: catalog.begun });
    return undefined;
  }

  function editedTo(cursor: Cursor, wanted: WantedJob | undefined, plannedTo: EpochMs): Cursor {
    const revision = wanted?.revision ?? cursor.revision;
    return {
      jobId: cursor.jobId,
      schedule: wanted?.hash ?? null,
      plannedTo,
      revision,
      fleetZone,
      ...pauseEndOf(wanted),
    };
  }

  /** Answers how many cursors it moved. */
  async function settleMachine(absent: MachineRecord, movesMax: number): Promise<number> {
    const store = cursorsOf(absent.machineId);
    const sent = momentOf(clock);
    const read = await store.read(undefined);
    const now = serverClock.settle(read.now, sent);
    const aside = createSetAside({ now: () => serverClock.now(), log });
    const told = createMissesTold(absent);
    const by = { ...deps.by, scope: absent.machineId };
    const records = createRecordKeeping({ ...deps, by, onMissed: told.add }, aside);
    const changes = createJobChanges({ events: deps.events, catalog, scope: absent.machineId });
    let moves = 0;
    let slice: Absence[] = [];
    const settleSlice = async (): Promise<boolean> => {
      const some = slice;
      slice = [];
      const reached = await records.recordAll(some.flatMap((it) => it.settling ?? []));
      if (reached === undefined) return false;
      const open = some.filter((it) => !aside.has(it.move.jobId)).map((it) => movedBehind(it, reached));
      const moved = await store.move(open);
      changes.tell(open, moved);
      moves += moved.length;
      return true;
    };
    let busySince = clock.monotonicNow();
    for (const cursor of read.cursors.values()) {
      if (!isLeader() || moves + slice.length >= movesMax) break;
      const absence =
        cursor.schedule === null ? undefined : await aside.alone(cursor.jobId, () => planFor(absent, cursor, now));
      if (absence !== undefined) slice.push(absence);
      if (slice.length >= SLICE && !(await settleSlice())) break;
      if (clock.monotonicNow() - busySince < BUSY_MS_MAX) continue;
      await clock.sleep(0);
      busySince = clock.monotonicNow();
    }
    if (slice.length > 0) await settleSlice();
    told.tell(deps);
    return moves;
  }

  /** True when every absent machine was looked at. */
  async function settleAll(): Promise<boolean> {
    // Machines first, serials second: one that joins in between is not taken for absent.
    const known = await machines.readAll();
    const present = new Set((await serials.readHeld()).map((it) => it.machineId));
    const absent = known
      .filter((it) => !present.has(it.machineId))
      .sort((a, b) => (a.machineId < b.machineId ? -1 : 1));
    const from = absent.findIndex((it) => it.machineId > lastDone);
    const inTurn = from < 0 ? absent : [...absent.slice(from), ...absent.slice(0, from)];
    let movesLeft = MOVES_MAX;
    for (const machine of inTurn) {
      if (!isLeader() || movesLeft <= 0) return false;
      movesLeft -= await settleMachine(machine, movesLeft);
      if (movesLeft > 0) lastDone = machine.machineId;
    }
    return movesLeft > 0;
  }

  return {
    async pass() {
      const now = clock.monotonicNow();
      if (!isLeader() || !catalog.isRead) {
        passAt = undefined;
        seenEdits = new Map();
        return;
      }
      passAt ??= now + FIRST_PASS_AFTER_MS;
      if (now < passAt) return;
      const isDone = await settleAll();
      passAt = clock.monotonicNow() + (isDone ? PASS_EVERY_MS : GO_ON_AFTER_MS);
    },
  };
}

/** What is true of a machine without a serial; it may have come and gone within the time that is settled. */
function whyNotRun({ hostname, state, lastSeen }: MachineRecord, now: EpochMs): string {
  if (state === "standby" && now - lastSeen < SEEN_MS)
    return `the machine ${hostname} stood by: every serial of the fleet was taken`;
  return `the machine ${hostname} was off`;
}

/** One record for everything due in the window; `undefined` when nothing was. */
function settlingOf(planned: PlannedJob, window: TimeWindow, reason: string): Settling | undefined {
  const again = (after: EpochMs): readonly Missed[] => missedIn(planned, { ...window, after }, reason);
  const settlements = again(window.after);
  return settlements.length === 0 ? undefined : { planned, settlements, again, giveTo: undefined };
}

function missedIn({ schedule }: PlannedJob, window: TimeWindow, reason: string): readonly Missed[] {
  let missed: Missed | undefined;
  for (const occurrence of occurrencesIn(schedule, window)) {
    const { occurrence: first, count } = missed ?? { occurrence, count: 0 };
    missed = { verdict: "missed", occurrence: first, last: occurrence.scheduledFor, count: count + 1, reason };
  }
  return missed === undefined ? [] : [missed];
}

/** A stretch that the machine itself recorded may reach beyond what was to be settled for it. */
function movedBehind({ move, wanted }: Absence, reached: Reached): CursorMove {
  const last = reached.get(move.jobId) ?? move.to.plannedTo;
  if (last <= move.to.plannedTo) return move;
  const next = wanted && nextOccurrence(wanted.schedule, last)?.scheduledFor;
  return { ...move, to: { ...move.to, plannedTo: last }, next };
}

function runsOnAll({ runOn }: WantedJob["job"]): boolean {
  return runOn === "all";
}
