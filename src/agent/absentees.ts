import { matches } from "../membership/eligible.ts";
import type { MachineId } from "../model/machine.ts";
import type { MemberFacts, Serial } from "../model/member.ts";
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
import { createRecordKeeping, type Reached, type RecordKeepingDeps, type Settling } from "./record-keeping.ts";
import type { ServerClock } from "./server-clock.ts";
import { createSetAside } from "./set-aside.ts";
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
/** A cursor that was just moved is left for this long, so that each pass comes to those that it did not move before. */
const LEFT_MS = 5 * MINUTE_MS;
/** A cursor behind which nothing was due is moved at most this often. */
const IDLE_MOVE_MS = HOUR_MS;
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
 * record. What lies within the window is left to the machine. Its cursor moves by compare-and-set: when the machine
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

export function createAbsentees(deps: AbsenteesDeps): Absentees {
  const { machines, serials, cursorsOf, catalog, fleetZone, serverClock, isLeader, clock, log } = deps;
  const wantedJobs = createWantedJobs({ catalog, fleetZone, choice: () => runsOnAll });
  let passAt: number | undefined;
  /** The machine after which the next pass begins. */
  let lastDone = "";

  async function planFor(absent: MachineRecord, cursor: Cursor, now: EpochMs): Promise<Absence | undefined> {
    const job = wantedJobs().get(cursor.jobId);
    const wanted = job !== undefined && matches(job.job.where, factsOf(absent)) ? job : undefined;
    const planned = await inForceJob(catalog, cursor, job, fleetZone);
    if (planned === undefined) return undefined;
    const windowMs = planned.job.catchUpWindowMs;
    const isAsBefore = wanted !== undefined && wanted.hash === cursor.schedule;
    // A machine that is away for a short time takes in an edit by itself, after it caught up by the former schedule.
    const takesEdit = !isAsBefore && now - absent.lastSeen > windowMs;
    const until = Math.min(takesEdit ? now : now - windowMs, cursor.plannedTo + STRETCH_MS_MAX) as EpochMs;
    if (until - cursor.plannedTo < LEFT_MS && !takesEdit) return undefined;
    const window: TimeWindow = { after: cursor.plannedTo, upTo: until };
    const settling = settlingOf(planned, window, `the machine ${absent.hostname} was off`);
    if (settling === undefined && !takesEdit && until - cursor.plannedTo < IDLE_MOVE_MS) return undefined;
    const to = takesEdit && until === now ? editedTo(cursor, wanted, until) : { ...cursor, plannedTo: until };
    const next = wanted && nextOccurrence(wanted.schedule, until)?.scheduledFor;
    return { move: { jobId: cursor.jobId, from: cursor, to, next }, settling, wanted };
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
    const records = createRecordKeeping({ ...deps, by: { ...deps.by, scope: absent.machineId } }, aside);
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
      if (slice.length >= SLICE && !(await settleSlice())) return moves;
      if (clock.monotonicNow() - busySince < BUSY_MS_MAX) continue;
      await clock.sleep(0);
      busySince = clock.monotonicNow();
    }
    if (slice.length > 0) await settleSlice();
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
        return;
      }
      passAt ??= now + FIRST_PASS_AFTER_MS;
      if (now < passAt) return;
      const isDone = await settleAll();
      passAt = clock.monotonicNow() + (isDone ? PASS_EVERY_MS : GO_ON_AFTER_MS);
    },
  };
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

/** What is known of a machine that is off; the serial is the one that it held last. */
function factsOf({ machineId, hostname, labels, serial, isDraining }: MachineRecord): MemberFacts {
  return { machineId, hostname, labels, serial: serial ?? (0 as Serial), isDraining };
}
