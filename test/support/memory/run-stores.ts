import type { JobId } from "../../../src/model/job.ts";
import type { NoRun, Run, RunHold, RunId, Step } from "../../../src/model/run.ts";
import type { ClaimOutcome, ClaimStore } from "../../../src/ports/claim-store.ts";
import type { RunStore, RunWrite, TakeoverStore, WriteOutcome } from "../../../src/ports/run-store.ts";
import type { MemoryRecord, MemoryRun, MemoryState } from "./state.ts";

export function createMemoryClaimStore(state: MemoryState): ClaimStore {
  function insert(record: Run | NoRun): ClaimOutcome {
    const existing = state.runs.get(record.id);
    if (existing === undefined) {
      state.runs.set(record.id, "session" in record ? { ...record, end: undefined, keepMs: undefined } : record);
      return { outcome: "inserted" };
    }
    if (isOwn(record, existing)) return { outcome: "inserted" };
    return { outcome: "exists", stretchLast: "stretch" in existing ? existing.stretch?.last : undefined };
  }

  return {
    insert: async (records) => records.map(insert),
    async liveRuns(jobs, scope) {
      const live = liveRunsIn(state).filter(
        (it) => jobs.includes(it.jobId) && it.trigger === "schedule" && it.scope === scope,
      );
      return new Map<JobId, RunId>(live.map((it) => [it.jobId, it.id]));
    },
  };
}

function isOwn(record: Run | NoRun, existing: MemoryRecord): boolean {
  if ("session" in record) {
    if (!("session" in existing)) return false;
    const isSameHold = existing.session === record.session && existing.token === record.token;
    return isSameHold && existing.claimedAt === record.claimedAt;
  }
  if ("session" in existing) return false;
  return existing.recordedBy === record.recordedBy && existing.recordedAt === record.recordedAt;
}

export function createMemoryRunStore(state: MemoryState): RunStore {
  function write({ hold, change, keepMs }: RunWrite): WriteOutcome {
    const run = state.runs.get(hold.id);
    if (run === undefined || !("session" in run)) return "lost";
    if (run.session !== hold.session || run.token !== hold.token) return "lost";
    if (run.seq === hold.seq + 1) return "stored";
    if (run.seq !== hold.seq || !isLive(run)) return "lost";
    if (run.cancelRequested && change.end?.status !== "cancelled") return "cancel_requested";
    state.runs.set(run.id, {
      ...run,
      seq: run.seq + 1,
      steps: stepsReplaced(run.steps, change.steps),
      ...(change.startAt === undefined ? {} : { startAt: change.startAt, status: "running" }),
      ...(change.end === undefined ? {} : { status: change.end.status, end: change.end, keepMs }),
    });
    return "stored";
  }

  return { write: async (writes) => writes.map(write) };
}

export function createMemoryTakeoverStore(state: MemoryState): TakeoverStore {
  const findHeld = (hold: Omit<RunHold, "seq">) => {
    const run = state.runs.get(hold.id);
    if (run === undefined || !("session" in run) || !isLive(run)) return undefined;
    return run.session === hold.session && run.token === hold.token ? run : undefined;
  };
  return {
    sessionsWithLiveRuns: async () => [...new Set(liveRunsIn(state).map((it) => it.session))],
    liveRunsOf: async (session) =>
      liveRunsIn(state)
        .filter((it) => it.session === session)
        .sort((a, b) => a.scheduledFor - b.scheduledFor),
    liveHoldsOf: async (session) =>
      liveRunsIn(state)
        .filter((it) => it.session === session)
        .map(({ id, token, seq, cancelRequested }) => ({ id, session, token, seq, cancelRequested })),
    async reassign(hold, to) {
      const run = findHeld(hold);
      if (run !== undefined) {
        const counters = { token: run.token + 1, seq: run.seq + 1, takeovers: run.takeovers + 1 };
        state.runs.set(run.id, {
          ...run,
          ...counters,
          session: to.session,
          serial: to.serial,
          claimedBy: to.machineId,
        });
        return true;
      }
      const own = state.runs.get(hold.id);
      return own !== undefined && "session" in own && own.session === to.session && own.token === hold.token + 1;
    },
    async adopt(hold) {
      const run = findHeld(hold);
      if (run === undefined || run.seq !== hold.seq) return undefined;
      const adopted = { ...run, token: run.token + 1, seq: run.seq + 1 };
      state.runs.set(run.id, adopted);
      return adopted;
    },
    async requestCancel(id) {
      const run = state.runs.get(id);
      if (run === undefined) return "unknown_run";
      if (!("session" in run) || !isLive(run)) return "not_live";
      state.runs.set(id, { ...run, cancelRequested: true });
      return "requested";
    },
  };
}

function isLive(run: MemoryRun): run is MemoryRun & Run {
  return run.status === "waiting" || run.status === "running";
}

function liveRunsIn(state: MemoryState): readonly Run[] {
  return [...state.runs.values()].flatMap((it) => ("session" in it && isLive(it) ? [it] : []));
}

function stepsReplaced(steps: readonly Step[], changed: readonly Step[]): readonly Step[] {
  const after = [...steps];
  for (const step of changed) after[step.index] = step;
  return after;
}
