import type { RunId } from "../model/run.ts";
import { type EpochMs, isoSeconds } from "../model/time.ts";
import type { ClaimStore } from "../ports/claim-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { Settlement } from "../schedule/catch-up.ts";
import type { Claims, Draft, RecordOutcome } from "./claims.ts";
import { claimOf, noRunOf, type PlannedJob, type Recorder, settle } from "./job-plan.ts";
import type { ServerClock } from "./server-clock.ts";
import { sideBySide } from "./side-by-side.ts";
import type { SetAside } from "./set-aside.ts";

/** One job's occurrences that are to get their record. */
export interface Settling {
  readonly planned: PlannedJob;
  /** In order of time; at least one. */
  readonly settlements: readonly Settlement[];
  /** The job is on no more: nothing of it is run. */
  readonly isOff: boolean;
}

export interface RecordKeepingDeps {
  readonly by: Recorder;
  readonly claims: Claims;
  readonly claimStore: ClaimStore;
  readonly serverClock: ServerClock;
  readonly events: EventLog;
  readonly log: Log;
}

/** Gives each settled occurrence its record: a run, `missed` or `skipped`. */
export interface RecordKeeping {
  /**
   * True when every record is acknowledged or its job set aside; false when the session ended before, or the agent stops.
   * @throws {StoreUnavailableError}
   */
  recordAll(jobs: readonly Settling[], now: EpochMs): Promise<boolean>;
}

export function createRecordKeeping(deps: RecordKeepingDeps, aside: SetAside): RecordKeeping {
  const { by, claims, claimStore, serverClock, events, log } = deps;

  function draft(planned: PlannedJob, settlement: Settlement, earlier: RunId | undefined): Draft {
    const { occurrence } = settlement;
    const at = serverClock.now();
    if (settlement.verdict === "missed") {
      const { reason, last, count } = settlement;
      const stretch = count > 1 ? { last, count } : undefined;
      return { kind: "no_run", record: noRunOf(planned, occurrence, by, "missed", reason, stretch, at) };
    }
    if (earlier !== undefined && planned.job.overlap === "skip") {
      const reason = `an earlier run of this job was still going (${earlier}); overlap is "skip"`;
      return { kind: "no_run", record: noRunOf(planned, occurrence, by, "skipped", reason, undefined, at) };
    }
    return { kind: "run", build: (hasSlot) => claimOf(planned, occurrence, by, hasSlot, serverClock.now()) };
  }

  function sayMissed({ job }: PlannedJob, missed: Settlement, outcome: RecordOutcome | undefined): void {
    if (missed.verdict !== "missed" || outcome?.outcome !== "inserted") return;
    const first = isoSeconds(missed.occurrence.scheduledFor);
    const last = isoSeconds(missed.last);
    const { count, reason } = missed;
    const facts = { job_id: job.id, job: job.name, first, last, count, reason };
    log.warn("occurrences were missed", { event: "missed", ...facts });
    const what = count === 1 ? first : `${count} occurrences from ${first} to ${last}`;
    events.record({ type: "occurrences_missed", message: `job "${job.name}" missed ${what}: ${reason}`, facts });
  }

  /** Jobs with one occurrence to record, all together; how it mostly is. */
  async function recordSingles(jobs: readonly Settling[]): Promise<boolean> {
    const starting = jobs.filter((it) => it.settlements[0]?.verdict === "run").map((it) => it.planned.job.id);
    const live = starting.length === 0 ? new Map<string, RunId>() : await claimStore.liveRuns(starting, by.scope);
    const entries = jobs.flatMap(({ planned, settlements: [only] }) => (only === undefined ? [] : [{ planned, only }]));
    const outcomes = await claims.record(entries.map((it) => draft(it.planned, it.only, live.get(it.planned.job.id))));
    entries.forEach(({ planned, only }, index) => {
      const outcome = outcomes?.[index];
      if (outcome?.outcome === "refused") aside.add(planned.job.id, outcome.err);
      sayMissed(planned, only, outcome);
    });
    return outcomes !== undefined;
  }

  /** One by one in order of time, so that the look for an earlier live run sees every earlier record. */
  async function recordSeries({ planned, settlements: first, isOff }: Settling, now: EpochMs): Promise<boolean> {
    const queue = [...first];
    for (let settlement = queue.shift(); settlement !== undefined; settlement = queue.shift()) {
      const live = settlement.verdict === "run" ? await claimStore.liveRuns([planned.job.id], by.scope) : undefined;
      const [outcome] = (await claims.record([draft(planned, settlement, live?.get(planned.job.id))])) ?? [];
      if (outcome === undefined) return false;
      if (outcome.outcome === "refused") throw outcome.err;
      sayMissed(planned, settlement, outcome);
      const isStretch = settlement.verdict === "missed" && settlement.count > 1;
      if (outcome.outcome === "exists" && (isStretch || outcome.stretchLast !== undefined)) {
        // Somebody recorded another cut of this stretch: go on behind what is there.
        const after = outcome.stretchLast ?? settlement.occurrence.scheduledFor;
        queue.splice(0, queue.length, ...settle(planned, { after, upTo: now }, isOff));
      }
    }
    return true;
  }

  return {
    async recordAll(jobs, now) {
      const singles = jobs.filter((it) => !isSeries(it));
      if (singles.length > 0 && !(await recordSingles(singles))) return false;
      let isGoingOn = true;
      await sideBySide(jobs.filter(isSeries), async (it) => {
        const isRecorded = await aside.alone(it.planned.job.id, () => recordSeries(it, now));
        if (isRecorded === false) isGoingOn = false;
      });
      return isGoingOn;
    },
  };
}

/** A stretch of misses may meet another cut of it, so it is not done with one insert. */
function isSeries({ settlements: [first, second] }: Settling): boolean {
  return second !== undefined || (first?.verdict === "missed" && first.count > 1);
}
