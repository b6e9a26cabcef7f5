import { jobDocumentOf, type ParseJob } from "../../../src/adapters/mongo/job-content.ts";
import type { JobId } from "../../../src/model/job.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { Cursor, CursorMove, CursorStore } from "../../../src/ports/cursor-store.ts";
import type { JobHealthStore } from "../../../src/ports/job-health-store.ts";
import type { JobDocument, JobSource } from "../../../src/ports/job-source.ts";
import type { PauseStore } from "../../../src/ports/pause-store.ts";
import type { RevisionStore } from "../../../src/ports/revision-store.ts";
import { type MemoryJobState, type MemoryState, noteCommand } from "./state.ts";

export function createMemoryJobSource(state: MemoryState, parse: ParseJob): JobSource {
  let known: ReadonlyMap<Uint8Array, JobDocument> = new Map();
  return {
    async readAll() {
      known = new Map([...state.jobs.values()].map((it) => [it, known.get(it) ?? jobDocumentOf(it, parse)]));
      return [...known.values()];
    },
  };
}

export function createMemoryRevisionStore(state: MemoryState): RevisionStore {
  return {
    async keep(documents) {
      for (const it of documents) {
        if (state.revisions.has(it.revision)) continue;
        state.revisions.set(it.revision, it);
        state.firstSeen.set(it.revision, state.serverNow());
      }
    },
    read: async (revision) => state.revisions.get(revision),
  };
}

/** Cursors of the fleet, or of one machine. */
export function createMemoryCursorStore(state: MemoryState, machine: MachineId | undefined): CursorStore {
  const suffix = machine === undefined ? "|fleet" : `|machine|${machine}`;
  const keyOf = (job: JobId) => `${job}${suffix}`;

  function move({ from, to, next }: CursorMove): boolean {
    const current = state.cursors.get(keyOf(to.jobId));
    const isAsRead =
      from === undefined
        ? current === undefined
        : current !== undefined && current.schedule === from.schedule && current.plannedTo === from.plannedTo;
    if (isAsRead) state.cursors.set(keyOf(to.jobId), { ...to, next });
    const after = state.cursors.get(keyOf(to.jobId));
    return after?.schedule === to.schedule && after.plannedTo === to.plannedTo;
  }

  return {
    async read(jobs) {
      const cursors = new Map<JobId, Cursor>();
      for (const [key, { next: _, ...cursor }] of state.cursors) {
        if (!key.endsWith(suffix) || key !== keyOf(cursor.jobId)) continue;
        if (jobs === undefined || jobs.includes(cursor.jobId)) cursors.set(cursor.jobId, cursor);
      }
      return { now: state.serverNow(), cursors };
    },
    move: async (moves) => moves.map(move),
  };
}

const NOTHING_NOTED: MemoryJobState = {
  health: undefined,
  lastRun: undefined,
  lastSuccessAt: undefined,
  failuresInRow: 0,
};

export function createMemoryJobHealthStore({ jobStates }: MemoryState): JobHealthStore {
  const stateOf = (job: JobId) => jobStates.get(job) ?? NOTHING_NOTED;
  return {
    async publish(reports) {
      for (const health of reports) jobStates.set(health.jobId, { ...stateOf(health.jobId), health });
    },
    async noteEnd({ jobId, run, status, endAt }) {
      const before = stateOf(jobId);
      const isRepeated = before.lastRun?.id === run;
      const isFailure = status === "error" || status === "unknown" || status === "interrupted";
      const failures = status === "ok" ? 0 : before.failuresInRow + (isFailure ? 1 : 0);
      jobStates.set(jobId, {
        ...before,
        lastRun: { id: run, status, endAt },
        lastSuccessAt: status === "ok" ? endAt : before.lastSuccessAt,
        failuresInRow: isRepeated ? before.failuresInRow : failures,
      });
    },
  };
}

export function createMemoryPauseStore(state: MemoryState): PauseStore {
  return {
    read: async () => new Map(state.pauses),
    async set(job, pause, command) {
      if (!noteCommand(state, job, command)) return;
      if (pause === undefined) state.pauses.delete(job);
      else state.pauses.set(job, pause);
    },
  };
}
