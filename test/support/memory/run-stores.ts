import {
  type NoRun,
  type Run,
  type RunChange,
  type RunEnd,
  type RunHold,
  type Step,
  stepKey,
} from "../../../src/model/run.ts";
import { inStepOrder } from "../../../src/model/step-order.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { ClaimOutcome, ClaimStore } from "../../../src/ports/claim-store.ts";
import type { RunOwner, RunStore, RunWrite, TakeoverStore, WriteOutcome } from "../../../src/ports/run-store.ts";
import { isLive, type MemoryRecord, type MemoryRun, type MemoryState } from "./state.ts";

export function createMemoryClaimStore(state: MemoryState): ClaimStore {
  function insert(record: Run | NoRun): ClaimOutcome {
    const existing = state.runs.get(record.id);
    if (existing === undefined) {
      state.runs.set(record.id, "session" in record ? claimed(record) : record);
      return { outcome: "inserted" };
    }
    if (isOwn(record, existing)) return { outcome: "inserted" };
    return { outcome: "exists", stretchLast: "stretch" in existing ? existing.stretch?.last : undefined };
  }

  return {
    insert: async (records) => records.map(insert),
    async firstRecordIn(job, scope, { after, upTo }) {
      const times = [...state.runs.values()]
        .filter((it) => it.jobId === job && it.scope === scope && it.trigger === "schedule")
        .map((it) => it.scheduledFor)
        .filter((it) => it > after && it <= upTo);
      return times.length === 0 ? undefined : (Math.min(...times) as EpochMs);
    },
    async runsAmong(ids) {
      return new Set(
        ids.filter((it) => {
          const record = state.runs.get(it);
          return record !== undefined && "session" in record;
        }),
      );
    },
    async liveRuns(jobs, scope) {
      const asked = new Set(jobs);
      return liveRunsIn(state)
        .filter((it) => asked.has(it.jobId) && it.trigger !== "manual" && it.scope === scope)
        .sort((a, b) => a.scheduledFor - b.scheduledFor)
        .map(({ id, jobId, trigger, scheduledFor, status, cancelRequested }) => {
          return { id, jobId, trigger, scheduledFor, status, cancelRequested };
        });
    },
  };
}

function claimed(run: Run): MemoryRun {
  return { ...run, steps: inStepOrder(run.steps), end: undefined, keepMs: undefined };
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
    if (run.cancelRequested && !mayFollowCancel(change)) return "cancel_requested";
    state.runs.set(run.id, {
      ...run,
      seq: run.seq + 1,
      steps: stepsAfter(run.steps, change),
      ...(change.startAt === undefined ? {} : { startAt: change.startAt, status: "running" }),
      ...(change.end === undefined ? {} : { status: change.end.status, end: endOf(run, change.end), keepMs }),
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
  const isOwned = (before: RunHold, to: RunOwner) => {
    const own = state.runs.get(before.id);
    return own !== undefined && "session" in own && own.session === to.session && own.token === before.token + 1;
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
    reassign: async (moves) =>
      moves.map(({ hold, to, isCounted }) => {
        const run = findHeld(hold);
        if (run === undefined) return isOwned(hold, to);
        const takeovers = run.takeovers + (isCounted && !run.handedBack ? 1 : 0);
        state.runs.set(run.id, { ...run, ...ownedBy(run, to), takeovers });
        return true;
      }),
    handBack: async (returns) =>
      returns.map(({ hold, to, isUntouched }) => {
        const run = findHeld(hold);
        const mark = isUntouched ? { handedBack: true } : {};
        if (run !== undefined && run.seq === hold.seq) {
          const owner = to === undefined ? { seq: run.seq + 1 } : ownedBy(run, to);
          state.runs.set(run.id, { ...run, ...owner, ...mark });
          return true;
        }
        if (to !== undefined) return isOwned(hold, to);
        return run !== undefined && run.seq === hold.seq + 1 && run.handedBack;
      }),
    async adopt(holds) {
      const adopted = holds.map((hold) => {
        const run = findHeld(hold);
        if (run === undefined || run.seq !== hold.seq) return undefined;
        const taken = { ...run, token: run.token + 1, seq: run.seq + 1, handedBack: false };
        state.runs.set(run.id, taken);
        return taken;
      });
      return adopted.includes(undefined) ? holds.map(() => undefined) : adopted;
    },
    async requestCancel(id, reason) {
      const run = state.runs.get(id);
      if (run === undefined) return "unknown_run";
      if (!("session" in run) || !isLive(run)) return "not_live";
      state.runs.set(id, { ...run, cancelRequested: true, cancelReason: run.cancelReason ?? reason });
      return "requested";
    },
  };
}

function endOf(run: MemoryRun, end: RunEnd): RunEnd {
  return end.status === "cancelled" ? { ...end, reason: run.cancelReason ?? end.reason } : end;
}

function ownedBy(run: Run, to: RunOwner) {
  const { session, serial, machineId: claimedBy } = to;
  return { session, serial, claimedBy, token: run.token + 1, seq: run.seq + 1 };
}

function liveRunsIn(state: MemoryState): readonly Run[] {
  return state.runs.live();
}

function mayFollowCancel({ end, despiteCancel }: RunChange): boolean {
  return end === undefined ? despiteCancel === true : end.status === "cancelled";
}

function stepsAfter(steps: readonly Step[], { steps: changed, forgotten = [] }: RunChange): readonly Step[] {
  const after = new Map(steps.map((it) => [stepKey(it), it]));
  for (const key of forgotten) after.delete(key);
  for (const step of changed) after.set(stepKey(step), step);
  return inStepOrder(after.values());
}
