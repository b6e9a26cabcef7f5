import type { AnyBulkWriteOperation, ClientSession, Collection, Db } from "mongodb";
import type { JobId } from "../../model/job.ts";
import type { MachineId } from "../../model/machine.ts";
import { escapePart } from "../../model/run-id.ts";
import type { Cursor, CursorMove, CursorStore } from "../../ports/cursor-store.ts";
import { jobStatesOf, machineCursorsOf } from "./collections.ts";
import { type CursorDocument, cursorFields, cursorOf } from "./documents/job-state-document.ts";
import { dateOf } from "./documents/instants.ts";
import type { Lane } from "./lane.ts";
import { readServerTime } from "./server-time.ts";
import { duplicatePositions } from "./translate-error.ts";

/** Where the cursors of one scope stand. */
interface Scope {
  readonly cursors: (db: Db) => Collection<CursorDocument>;
  readonly machine: MachineId | undefined;
  readonly idOf: (job: JobId) => string;
}

const PROJECTION = { job_id: 1, schedule: 1, planned_to: 1, planned_revision: 1, planned_tz: 1, not_before: 1 };

/** Cursors of the fleet, in `job_state`. */
export function createFleetCursorStore(lane: Lane): CursorStore {
  const cursors = (db: Db) => jobStatesOf(db) as unknown as Collection<CursorDocument>;
  return createCursorStore(lane, { cursors, machine: undefined, idOf: (job) => job });
}

/** Cursors of one machine for jobs that run on all, in `cursors`. */
export function createMachineCursorStore(lane: Lane, machine: MachineId): CursorStore {
  return createCursorStore(lane, {
    cursors: machineCursorsOf,
    machine,
    idOf: (job) => machineCursorId(job, machine),
  });
}

/** The `_id` in `cursors`. */
export function machineCursorId(job: JobId, machine: MachineId): string {
  return `${escapePart(job)}|${machine}`;
}

function createCursorStore(lane: Lane, scope: Scope): CursorStore {
  return {
    read: (jobs) =>
      lane.run("read the cursors", async (db, session) => {
        const now = await readServerTime(db, session);
        const ofScope = scope.machine === undefined ? {} : { machine_id: scope.machine };
        const filter = jobs === undefined ? ofScope : { _id: { $in: jobs.map(scope.idOf) } };
        const found = await scope.cursors(db).find(filter, { projection: PROJECTION, session }).toArray();
        const cursors = new Map<JobId, Cursor>();
        for (const document of found) {
          const jobId = (document.job_id ?? document._id) as JobId;
          const cursor = cursorOf(document, jobId);
          if (cursor !== undefined) cursors.set(jobId, cursor);
        }
        return { now, cursors };
      }),
    move: (moves) =>
      moves.length === 0
        ? Promise.resolve([])
        : lane.run("move the cursors", async (db, session) => {
            const cursors = scope.cursors(db);
            const operations = moves.map((move) => conditionalMove(move, scope));
            const moved = await cursors.bulkWrite(operations, { ordered: false, session }).then(
              (result) => result.matchedCount + result.upsertedCount,
              (err) => void duplicatePositions(err),
            );
            if (moved === moves.length) return moves.map(() => true);
            return readBack(cursors, session, moves, scope);
          }),
  };
}

function conditionalMove(move: CursorMove, scope: Scope): AnyBulkWriteOperation<CursorDocument> {
  const _id = scope.idOf(move.to.jobId);
  const $set = { ...cursorFields(move), ...(scope.machine === undefined ? {} : { machine_id: scope.machine }) };
  const { from } = move;
  // Others may note things about a job that nobody has planned; an insert that meets a cursor is a duplicate key.
  if (from === undefined)
    return { updateOne: { filter: { _id, planned_to: { $exists: false } }, update: { $set }, upsert: true } };
  return {
    updateOne: { filter: { _id, schedule: from.schedule, planned_to: dateOf(from.plannedTo) }, update: { $set } },
  };
}

/** A move holds when the cursor is where it was to go: then whoever put it there did the same. */
async function readBack(
  cursors: Collection<CursorDocument>,
  session: ClientSession,
  moves: readonly CursorMove[],
  scope: Scope,
): Promise<readonly boolean[]> {
  const ids = moves.map((it) => scope.idOf(it.to.jobId));
  const found = await cursors.find({ _id: { $in: ids } }, { projection: PROJECTION, session }).toArray();
  const byId = new Map(found.map((it) => [it._id, it]));
  return moves.map(({ to }) => {
    const document = byId.get(scope.idOf(to.jobId));
    return document?.planned_to?.getTime() === to.plannedTo && (document.schedule ?? null) === to.schedule;
  });
}
