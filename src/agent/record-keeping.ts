import type { Job, JobId } from "../model/job.ts";
import type { Member } from "../model/member.ts";
import type { Occurrence } from "../model/occurrence.ts";
import type { LiveRun } from "../model/run.ts";
import { type EpochMs, isoSeconds } from "../model/time.ts";
import type { ClaimStore } from "../ports/claim-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { Settlement } from "../schedule/catch-up.ts";
import { cutStretch } from "../schedule/cut-stretch.ts";
import type { Missed } from "../schedule/missed-row.ts";
import { decideOverlap } from "../schedule/overlap.ts";
import type { Claims, Draft, RecordOutcome } from "./claims.ts";
import { claimOf, dueAtOf, givenTo, noRunOf, type PlannedJob, type Recorder } from "./job-plan.ts";
import type { ServerClock } from "./server-clock.ts";
import { sideBySide } from "./side-by-side.ts";
import type { SetAside } from "./set-aside.ts";

/** What becomes of an occurrence; `skipped` is for what this machine may not begin at present. */
export type Verdict =
  | Settlement
  | { readonly verdict: "skipped"; readonly occurrence: Occurrence; readonly reason: string };

/** One job's occurrences that are to get their record. */
export interface Settling {
  readonly planned: PlannedJob;
  /** In order of time; at least one. */
  readonly settlements: readonly Verdict[];
  /** The same anew for what lies behind a moment. */
  again(after: EpochMs): readonly Verdict[];
  /** Whose runs they become; `undefined`: this agent's own. */
  readonly giveTo: Member | undefined;
}

export interface RecordKeepingDeps {
  readonly by: Recorder;
  readonly claims: Claims;
  readonly claimStore: ClaimStore;
  readonly serverClock: ServerClock;
  readonly events: EventLog;
  readonly log: Log;
  /** Called instead of telling each miss by itself, where there may be many. */
  readonly onMissed?: (missed: Missed) => void;
}

/**
 * How far stretches of misses reach that others recorded, by job. A cursor must not stand amid one: whoever went on from
 * there would record the rest of it again.
 */
export type Reached = ReadonlyMap<JobId, EpochMs>;

/** Gives each settled occurrence its record: a run, `missed` or `skipped`. */
export interface RecordKeeping {
  /**
   * Resolves when every record is acknowledged or its job set aside; with `undefined` when the session ended before, or
   * the agent stops. @throws {StoreUnavailableError}
   */
  recordAll(jobs: readonly Settling[]): Promise<Reached | undefined>;
}

export function createRecordKeeping(deps: RecordKeepingDeps, aside: SetAside): RecordKeeping {
  const { by, claims, claimStore, serverClock, events, log } = deps;

  function draft({ planned, giveTo }: Settling, settlement: Verdict, earlier: readonly LiveRun[]): Draft {
    const { occurrence } = settlement;
    const at = serverClock.now();
    if (settlement.verdict === "skipped")
      return { kind: "no_run", record: noRunOf(planned, occurrence, by, "skipped", settlement.reason, undefined, at) };
    if (settlement.verdict === "missed") {
      const { reason, last, count } = settlement;
      const stretch = count > 1 ? { last, count } : undefined;
      return { kind: "no_run", record: noRunOf(planned, occurrence, by, "missed", reason, stretch, at) };
    }
    const verdict = decideOverlap(planned.job.overlap, earlier);
    if (verdict.kind === "skip")
      return { kind: "no_run", record: noRunOf(planned, occurrence, by, "skipped", verdict.reason, undefined, at) };
    if (giveTo !== undefined)
      return { kind: "given", record: givenTo(giveTo, claimOf(planned, occurrence, by, false, at)) };
    return {
      kind: "run",
      waits: verdict.kind === "wait" || dueAtOf(planned, occurrence, by) > at,
      build: (hasSlot) => claimOf(planned, occurrence, by, hasSlot, serverClock.now()),
    };
  }

  /** The live scheduled runs of those jobs that care, by job and in order of time. */
  async function liveRuns(jobs: readonly Job[]): Promise<ReadonlyMap<JobId, readonly LiveRun[]>> {
    const asking = jobs.filter((it) => it.overlap !== "allow").map((it) => it.id);
    const found = asking.length === 0 ? [] : await claimStore.liveRuns(asking, by.scope);
    const byJob = new Map<JobId, LiveRun[]>(asking.map((it) => [it, []]));
    for (const it of found) if (it.trigger === "schedule") byJob.get(it.jobId)?.push(it);
    return byJob;
  }

  function sayMissed({ job }: PlannedJob, missed: Verdict, outcome: RecordOutcome | undefined): void {
    if (missed.verdict !== "missed" || outcome?.outcome !== "inserted") return;
    if (deps.onMissed !== undefined) return deps.onMissed(missed);
    const first = isoSeconds(missed.occurrence.scheduledFor);
    const last = isoSeconds(missed.last);
    const { count, reason } = missed;
    const facts = { job_id: job.id, job: job.name, first, last, count, reason };
    log.warn("occurrences were missed", { event: "missed", ...facts });
    const what = count === 1 ? first : `${count} occurrences from ${first} to ${last}`;
    events.record({ type: "occurrences_missed", message: `job "${job.name}" missed ${what}: ${reason}`, facts });
  }

  /** Jobs with one occurrence to record, all together; how it mostly is. */
  async function recordSingles(jobs: readonly Settling[], reached: Map<JobId, EpochMs>): Promise<boolean> {
    const starting = jobs.filter((it) => it.settlements[0]?.verdict === "run").map((it) => it.planned.job);
    const live = await liveRuns(starting);
    const entries = jobs.flatMap((job) =>
      job.settlements[0] === undefined ? [] : [{ job, only: job.settlements[0] }],
    );
    const outcomes = await claims.record(
      entries.map(({ job, only }) => draft(job, only, live.get(job.planned.job.id) ?? [])),
    );
    entries.forEach(({ job: { planned }, only }, index) => {
      const outcome = outcomes?.[index];
      if (outcome?.outcome === "refused") aside.add(planned.job.id, outcome.err);
      if (outcome?.outcome === "exists" && outcome.stretchLast !== undefined)
        reached.set(planned.job.id, outcome.stretchLast);
      sayMissed(planned, only, outcome);
    });
    return outcomes !== undefined;
  }

  /**
   * The part of a stretch before a record that stands inside it: somebody with an older view of the job recorded that
   * one, and no occurrence may be in two records. `undefined` when it may be recorded as it is.
   */
  async function cutAround({ job, schedule }: PlannedJob, stretch: Verdict): Promise<readonly Missed[] | undefined> {
    if (stretch.verdict !== "missed" || stretch.count === 1) return undefined;
    const window = { after: stretch.occurrence.scheduledFor, upTo: stretch.last };
    const inside = await claimStore.firstRecordIn(job.id, by.scope, window);
    return inside === undefined ? undefined : cutStretch(stretch, schedule, inside);
  }

  /**
   * One by one in order of time, so that the look for an earlier live run sees every earlier record. Answers how far
   * everything has its record by now, as far as stretches of others tell it.
   */
  async function recordSeries(job: Settling): Promise<EpochMs | "session over"> {
    const { planned } = job;
    let reached = 0 as EpochMs;
    const queue = [...job.settlements];
    for (let settlement = queue.shift(); settlement !== undefined; settlement = queue.shift()) {
      const cut = await cutAround(planned, settlement);
      if (cut !== undefined) {
        queue.splice(0, queue.length, ...cut, ...job.again(cut.at(-1)?.last ?? settlement.occurrence.scheduledFor));
        continue;
      }
      const live = settlement.verdict === "run" ? (await liveRuns([planned.job])).get(planned.job.id) : undefined;
      const [outcome] = (await claims.record([draft(job, settlement, live ?? [])])) ?? [];
      if (outcome === undefined) return "session over";
      if (outcome.outcome === "refused") throw outcome.err;
      sayMissed(planned, settlement, outcome);
      const isStretch = settlement.verdict === "missed" && settlement.count > 1;
      if (outcome.outcome === "exists" && (isStretch || outcome.stretchLast !== undefined)) {
        // Somebody recorded another cut of this stretch: go on behind what is there.
        const after = outcome.stretchLast ?? settlement.occurrence.scheduledFor;
        reached = Math.max(reached, after) as EpochMs;
        queue.splice(0, queue.length, ...job.again(after));
      }
    }
    return reached;
  }

  return {
    async recordAll(jobs) {
      const reached = new Map<JobId, EpochMs>();
      const singles = jobs.filter((it) => !isSeries(it));
      if (singles.length > 0 && !(await recordSingles(singles, reached))) return undefined;
      let isGoingOn = true;
      await sideBySide(jobs.filter(isSeries), async (it) => {
        const { id } = it.planned.job;
        const last = await aside.alone(id, () => recordSeries(it));
        if (last === "session over") isGoingOn = false;
        else if (last !== undefined) reached.set(id, last);
      });
      return isGoingOn ? reached : undefined;
    },
  };
}

/** A stretch of misses may meet another cut of it, so it is not done with one insert. */
function isSeries({ settlements: [first, second] }: Settling): boolean {
  return second !== undefined || (first?.verdict === "missed" && first.count > 1);
}
