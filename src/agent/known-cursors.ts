import type { JobId } from "../model/job.ts";
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { Cursor, CursorMove } from "../ports/cursor-store.ts";
import { nextOccurrence } from "../schedule/due.ts";
import type { JobShare } from "./job-share.ts";
import type { WantedJob } from "./wanted-jobs.ts";

/** A job without due occurrences has its cursor moved at most this often. */
const IDLE_MOVE_MS = HOUR_MS;
/** And by who sweeps this much later, when its owner did not. */
const IDLE_SWEEP_MS = 2 * MINUTE_MS;
/** How long an occurrence is left to the owner of its job before who sweeps does it. */
const SWEEP_AFTER_MS = 5 * SECOND_MS;

/** The cursors as this agent last read or moved them, to tell which jobs a round must look at. */
export interface KnownCursors {
  /**
   * Forgets the jobs that are others' and no part of the share; those that come into it are unknown, and so looked at.
   * One that is gone stays until its cursor is ended: its owner may have moved that after whoever sweeps ended it.
   */
  follow(share: JobShare): void;
  /** Jobs that are due, edited, gone, or whose cursor somebody else moved; those of others when they were left open. */
  candidates(share: JobShare, now: EpochMs): JobId[];
  /** Those among them of which an occurrence is known to be due. */
  due(share: JobShare, now: EpochMs): JobId[];
  /**
   * When the next job wants a look, as far as is known.
   * @param tryAgainAt when a job that could not be settled is to be tried again
   */
  nextDue(share: JobShare, tryAgainAt: (job: JobId) => EpochMs | undefined): EpochMs | undefined;
  /** A job's cursor as it was read; the job when it is wanted. */
  takeIn(job: JobId, cursor: Cursor | undefined, wanted: WantedJob | undefined, now: EpochMs): void;
  /** What is due since this moment is left to the job's owner: when to look again, or `undefined` if that time is over. */
  leave(job: JobId, dueAt: EpochMs, now: EpochMs): EpochMs | undefined;
  /** How many readings of the jobs had begun when this cursor was first known to stand as it was read. */
  readingsBefore(job: JobId, cursor: Cursor): number;
  /** Its cursor stands for another version of the job than the one that is known here. @param next by that version */
  keepOther(job: JobId, cursor: Cursor, next: EpochMs | undefined, now: EpochMs): void;
  /** Whether nothing has to be written for a job of which nothing is due. */
  isSettled(cursor: Cursor | undefined, job: WantedJob | undefined, isMine: boolean, now: EpochMs): boolean;
  /** Before moves are sent: whatever becomes of them, these are to be read again. */
  doubt(moves: readonly CursorMove[]): void;
  /** After moves were answered; what somebody else moved stays in doubt. */
  settle(moves: readonly CursorMove[], moved: readonly boolean[], now: EpochMs): void;
}

interface Known {
  readonly cursor: Cursor;
  readonly next: EpochMs | undefined;
  /** Since when the cursor is known to stand there: an owner has some time from then on as well. */
  readonly since: EpochMs;
  /** How many readings of the jobs had begun by then. */
  readonly readings: number;
}

/** @param readingsBegun how many readings of the jobs were begun so far */
export function createKnownCursors(readingsBegun: () => number): KnownCursors {
  const known = new Map<JobId, Known>();
  const doubted = new Set<JobId>();
  /** Jobs of others that were found open, and until when they are left to them. */
  const leftUntil = new Map<JobId, EpochMs>();
  let followed: JobShare | undefined;

  function isInForce({ schedule, revision }: Cursor, job: WantedJob): boolean {
    return schedule === job.hash && revision === job.revision;
  }

  function isIdle({ plannedTo }: Cursor, isMine: boolean, now: EpochMs): boolean {
    return now - plannedTo >= IDLE_MOVE_MS + (isMine ? 0 : IDLE_SWEEP_MS);
  }

  function lookAt(id: JobId, { next, since }: Known, isMine: boolean): EpochMs | undefined {
    const left = leftUntil.get(id);
    if (!isMine && left !== undefined) return left;
    if (next === undefined || isMine) return next;
    return (Math.max(next, since) + SWEEP_AFTER_MS) as EpochMs;
  }

  function needsLook(id: JobId, job: WantedJob, isMine: boolean, now: EpochMs): boolean {
    if (!isMine && (leftUntil.get(id) ?? now) > now) return false;
    const state = known.get(id);
    if (state === undefined || doubted.has(id) || !isInForce(state.cursor, job)) return true;
    return (lookAt(id, state, isMine) ?? Number.POSITIVE_INFINITY) <= now || isIdle(state.cursor, isMine, now);
  }

  function learn(id: JobId, cursor: Cursor, next: EpochMs | undefined, now: EpochMs): void {
    const before = known.get(id);
    const isSame = before?.cursor.plannedTo === cursor.plannedTo && before.cursor.schedule === cursor.schedule;
    const readings = before !== undefined && isSameVersion(before.cursor, cursor) ? before.readings : readingsBegun();
    known.set(id, { cursor, next, since: isSame ? before.since : now, readings });
    if (!isSame) leftUntil.delete(id);
  }

  return {
    follow(share) {
      if (followed === share) return;
      followed = share;
      if (share.sweeps) return;
      const isOthers = (id: JobId) => share.all.has(id) && !share.mine.has(id);
      for (const book of [known, leftUntil]) for (const id of book.keys()) if (isOthers(id)) book.delete(id);
      for (const id of doubted) if (isOthers(id)) doubted.delete(id);
    },
    candidates(share, now) {
      const found: JobId[] = [];
      for (const [id, job] of share.mine) if (needsLook(id, job, true, now)) found.push(id);
      if (share.sweeps && share.mine.size < share.all.size)
        for (const [id, job] of share.all) if (!share.mine.has(id) && needsLook(id, job, false, now)) found.push(id);
      for (const [id, { cursor }] of known)
        if (!share.all.has(id) && (cursor.schedule !== null || doubted.has(id))) found.push(id);
      for (const id of doubted) if (!share.all.has(id) && !known.has(id)) found.push(id);
      return found;
    },
    due({ mine, all, sweeps }, now) {
      const found: JobId[] = [];
      for (const [id, state] of known) {
        const isMine = mine.has(id);
        if (!isMine && !(sweeps && all.has(id))) continue;
        if ((lookAt(id, state, isMine) ?? Number.POSITIVE_INFINITY) <= now) found.push(id);
      }
      return found;
    },
    nextDue(share, tryAgainAt) {
      let earliest: EpochMs | undefined;
      const consider = (at: EpochMs | undefined): void => {
        if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
      };
      const leftOf = (id: JobId) => (share.mine.has(id) ? undefined : leftUntil.get(id));
      for (const [id, state] of known) consider(tryAgainAt(id) ?? lookAt(id, state, share.mine.has(id)));
      for (const id of leftUntil.keys()) if (!known.has(id)) consider(leftOf(id));
      // Somebody else moved it: what it is due for is known only after another look.
      for (const id of doubted) consider(tryAgainAt(id) ?? leftOf(id) ?? (0 as EpochMs));
      return earliest;
    },
    takeIn(id, cursor, wanted, now) {
      doubted.delete(id);
      if (cursor === undefined || (cursor.schedule === null && wanted === undefined)) return void known.delete(id);
      if (wanted === undefined || wanted.hash !== cursor.schedule) return learn(id, cursor, undefined, now);
      const { job, hash, revision } = wanted;
      // The texts of the job instead of their copies out of the database.
      const same = { ...cursor, jobId: job.id, schedule: hash, ...(cursor.revision === revision ? { revision } : {}) };
      learn(job.id, same, nextOccurrence(wanted.schedule, cursor.plannedTo)?.scheduledFor, now);
    },
    leave(id, dueAt, now) {
      const since = known.get(id)?.since ?? now;
      const until = leftUntil.get(id) ?? ((Math.max(dueAt, Math.min(since, now)) + SWEEP_AFTER_MS) as EpochMs);
      if (until <= now) {
        leftUntil.delete(id);
        return undefined;
      }
      leftUntil.set(id, until);
      return until;
    },
    readingsBefore(id, cursor) {
      const state = known.get(id);
      return state !== undefined && isSameVersion(state.cursor, cursor) ? state.readings : readingsBegun();
    },
    keepOther(id, cursor, next, now) {
      doubted.delete(id);
      learn(id, cursor, next, now);
    },
    isSettled(cursor, job, isMine, now) {
      if (job === undefined) return cursor === undefined || cursor.schedule === null;
      return cursor !== undefined && isInForce(cursor, job) && !isIdle(cursor, isMine, now);
    },
    doubt(moves) {
      for (const move of moves) doubted.add(move.jobId);
    },
    settle(moves, moved, now) {
      moves.forEach((move, index) => {
        if (moved[index] !== true) return;
        doubted.delete(move.jobId);
        leftUntil.delete(move.jobId);
        if (move.to.schedule === null) known.delete(move.jobId);
        else learn(move.jobId, move.to, move.next, now);
      });
    },
  };
}

function isSameVersion(a: Cursor, b: Cursor): boolean {
  return a.plannedTo === b.plannedTo && a.schedule === b.schedule && a.revision === b.revision;
}
