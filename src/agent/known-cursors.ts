import type { JobId } from "../model/job.ts";
import { type EpochMs, HOUR_MS } from "../model/time.ts";
import type { Cursor, CursorMove } from "../ports/cursor-store.ts";
import { nextOccurrence } from "../schedule/due.ts";
import type { WantedJob } from "./wanted-jobs.ts";

/** A job without due occurrences has its cursor moved at most this often. */
const IDLE_MOVE_MS = HOUR_MS;

/** The cursors as this agent last read or moved them, to tell which jobs a round must look at. */
export interface KnownCursors {
  /** Jobs that are due, edited, gone, or whose cursor somebody else moved. */
  candidates(jobs: ReadonlyMap<JobId, WantedJob>, now: EpochMs): JobId[];
  /**
   * When the next job wants a look, as far as is known.
   * @param tryAgainAt when a job that could not be settled is to be tried again
   */
  nextDue(tryAgainAt: (job: JobId) => EpochMs | undefined): EpochMs | undefined;
  takeIn(read: ReadonlyMap<JobId, Cursor>, jobs: ReadonlyMap<JobId, WantedJob>): void;
  /** Before moves are sent: whatever becomes of them, these are to be read again. */
  doubt(moves: readonly CursorMove[]): void;
  /** After moves were answered; what somebody else moved stays in doubt. */
  settle(moves: readonly CursorMove[], moved: readonly boolean[]): void;
}

interface Known {
  readonly cursor: Cursor;
  readonly next: EpochMs | undefined;
}

export function createKnownCursors(): KnownCursors {
  const known = new Map<JobId, Known>();
  const doubted = new Set<JobId>();

  function needsLook(id: JobId, job: WantedJob, now: EpochMs): boolean {
    const state = known.get(id);
    if (state === undefined || doubted.has(id)) return true;
    const { schedule, revision, plannedTo } = state.cursor;
    if (schedule !== job.hash || revision !== job.revision) return true;
    return (state.next !== undefined && state.next <= now) || now - plannedTo >= IDLE_MOVE_MS;
  }

  return {
    candidates(jobs, now) {
      const found: JobId[] = [];
      for (const [id, job] of jobs) if (needsLook(id, job, now)) found.push(id);
      for (const [id, { cursor }] of known) {
        if (!jobs.has(id) && (cursor.schedule !== null || doubted.has(id))) found.push(id);
      }
      return found;
    },
    nextDue(tryAgainAt) {
      let earliest: EpochMs | undefined;
      for (const [id, { next }] of known) {
        const at = tryAgainAt(id) ?? next;
        if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
      }
      return earliest;
    },
    takeIn(read, jobs) {
      for (const [id, cursor] of read) {
        const job = jobs.get(id);
        if (cursor.schedule === null && job === undefined) continue;
        const isInForce = job !== undefined && job.hash === cursor.schedule;
        const next = isInForce ? nextOccurrence(job.schedule, cursor.plannedTo)?.scheduledFor : undefined;
        known.set(id, { cursor, next });
      }
    },
    doubt(moves) {
      for (const move of moves) doubted.add(move.jobId);
    },
    settle(moves, moved) {
      moves.forEach((move, index) => {
        if (moved[index] !== true) return;
        doubted.delete(move.jobId);
        if (move.to.schedule === null) known.delete(move.jobId);
        else known.set(move.jobId, { cursor: move.to, next: move.next });
      });
    },
  };
}
