import { MINUTE_MS } from "../../src/model/time.ts";
import type { LeaseTiming } from "../../src/model/member.ts";
import type { CursorRules, Settled } from "./cursor-rules.ts";
import { type Lives, RATE_MAX } from "./lives.ts";
import type { RunRecord, RunRules } from "./run-rules.ts";
import type { Verdict } from "./verdict.ts";

/** In calm a due time has its record within this, of which a clock that loses 5 % takes 3 s in the minute it waits. */
const LAG_MS_MAX = 6_000;
const SWEEP_AFTER_MS = 5_000;
/** A planner that fell asleep before the server's clock leapt ahead notices when it wakes. */
const PLANNER_SLEEP_MS = MINUTE_MS;
/** The longest that a step may take in calm between two writes: its timeout and the pause before a retry. */
const STEP_MS_MAX = 25_000;

export interface TimeRulesDeps {
  readonly now: () => number;
  readonly serverNow: () => number;
  /** How long nothing has been wrong. */
  readonly calmMs: () => number;
  /** How long neither the leader nor the database had any trouble. */
  readonly ledMs: () => number;
  /** The leader looks after what others leave open of this job. */
  readonly isSwept: (job: string) => boolean;
  /** An earlier run of its job is still live, and it may not overlap. */
  readonly waitsForOthers: (run: RunRecord) => boolean;
  readonly timing: LeaseTiming;
  readonly lives: Lives;
  readonly runs: RunRules;
  readonly cursors: CursorRules;
  readonly verdict: Verdict;
  /** Since when the machine has had an agent that is not stopped or paused. */
  readonly upSince: (machineId: string) => number | undefined;
  /** When nobody was left who watches everybody: the leader and both deputies were dead. */
  readonly headlessAt: () => number | undefined;
}

/** What must have happened by now, given how long nothing has been wrong: promises 2, 5, 7 and 8 in their time bounds. */
export function createTimeRules(deps: TimeRulesDeps): { check(): void } {
  const { now, serverNow, calmMs, timing, lives, runs, cursors, verdict } = deps;
  const { ttlMs, scanMs } = timing;
  /** From chaos to a fleet that has joined, agreed on a leader and caught up. */
  const settleMs = (3 * ttlMs + 6 * scanMs) * RATE_MAX + 10_000;

  function checkRun(run: RunRecord, calm: number): void {
    const owner = lives.ownerOf(run.session);
    const diedAt = owner?.diedAt ?? lives.endedAt(run.session);
    if (diedAt !== undefined) return checkOrphan(run, Math.min(now() - diedAt, calm), diedAt);
    if (run.handedAt !== undefined && Math.min(now() - run.handedAt, calm) > (2 * scanMs + 1_000) * RATE_MAX)
      verdict.broken("P5", `${run.id} was handed to ${owner?.name}, which does not go on with it`);
    const cancellableMs = Math.min(now() - (run.cancelAskedAt ?? now()), now() - run.ownedSince, calm);
    if (cancellableMs > 3 * scanMs + 5_000) verdict.broken("P8", `${run.id} was to be cancelled and goes on`);
    if (deps.waitsForOthers(run)) run.movedAt = run.turnAt = now();
    const sinceMove = Math.min(now() - run.movedAt, calm);
    if (sinceMove > 2 * STEP_MS_MAX + 2 * scanMs) verdict.broken("P7", `${run.id} stands still at ${owner?.name}`);
    if (!run.hasArrived && Math.min(now() - run.turnAt, calm) > settleMs + LAG_MS_MAX)
      verdict.broken("P7", `${run.id} was claimed and nothing of it was sent`);
  }

  /** A run of a dead agent is handed on within ttl + 2 scans + 1 s of a healthy database. */
  function checkOrphan(run: RunRecord, waitedMs: number, diedAt: number): void {
    // Runs on all machines wait for their own.
    if (run.scope !== undefined && deps.upSince(run.scope) === undefined) return;
    const upMs = run.scope === undefined ? waitedMs : now() - (deps.upSince(run.scope) ?? now());
    const headlessAt = deps.headlessAt();
    const isHeadless = headlessAt !== undefined && headlessAt >= Math.min(diedAt, now() - waitedMs);
    const isRevived = lives.revivedAt !== undefined && lives.revivedAt >= now() - waitedMs - ttlMs;
    const onceMore = isHeadless || isRevived ? ttlMs + 2 * scanMs : 0;
    const bound = (ttlMs + 2 * scanMs + onceMore) * RATE_MAX + 1_500;
    // A machine that came back late needs time to reap its former place first.
    const extra = run.scope === undefined ? 0 : ttlMs + 2 * scanMs;
    if (Math.min(waitedMs, upMs) > bound + extra)
      verdict.broken("P5", `${run.id} lost its agent ${Math.round(waitedMs)} ms ago and nobody goes on with it`);
  }

  function checkSettled(it: Settled, calm: number): void {
    const upSince = it.scope === undefined ? undefined : deps.upSince(it.scope);
    if (it.scope !== undefined && (upSince === undefined || now() - upSince < settleMs)) return;
    const wanted = cursors.wanted(it.job);
    const lateMs = it.nextDue === undefined ? 0 : serverNow() - it.nextDue;
    const name = `${it.job}${it.scope === undefined ? "" : ` on ${it.scope}`}`;
    if (it.nextDue !== undefined && lateMs > LAG_MS_MAX && calm > settleMs + PLANNER_SLEEP_MS + lateMs)
      verdict.broken("P2", `${name} was due ${Math.round(lateMs)} ms ago, and is not settled`);
    checkEdit(it, name, wanted?.writtenAt ?? 0, calm);
  }

  /** What another machine leaves open, because it died or for any other reason, the leader does after 5 s. */
  function checkSwept(it: Settled, ledMs: number): void {
    const lateMs = it.nextDue === undefined ? 0 : serverNow() - it.nextDue;
    if (lateMs > SWEEP_AFTER_MS + LAG_MS_MAX && ledMs > settleMs + PLANNER_SLEEP_MS + lateMs)
      verdict.broken("P2", `${it.job} was due ${Math.round(lateMs)} ms ago, and the leader does not see to it`);
  }

  /** An edit takes effect at the next minute at the latest. */
  function checkEdit(it: Settled, name: string, writtenAt: number, calm: number): void {
    const wanted = cursors.wanted(it.job);
    if (JSON.stringify(wanted?.calendar) === JSON.stringify(it.calendar)) return;
    const sinceEdit = now() - writtenAt;
    if (Math.min(sinceEdit, calm - settleMs) > MINUTE_MS + LAG_MS_MAX)
      verdict.broken("P2", `${name} was edited ${Math.round(sinceEdit)} ms ago, and its old schedule is in force`);
  }

  return {
    check() {
      // A timer of the rough stretch before may ring half a ttl late.
      const calm = calmMs() - ttlMs / 2;
      const led = deps.ledMs() - ttlMs / 2;
      if (led > settleMs) for (const it of cursors.settled.values()) if (deps.isSwept(it.job)) checkSwept(it, led);
      if (calm < scanMs) return;
      for (const run of runs.live.values()) checkRun(run, calm);
      if (calm < settleMs) return;
      for (const it of cursors.settled.values()) checkSettled(it, calm);
    },
  };
}
