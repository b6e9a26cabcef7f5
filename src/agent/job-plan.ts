import { firstIntent } from "../chain/first-intent.ts";
import { decideCatchUp, type Settlement } from "../schedule/catch-up.ts";
import { occurrencesIn } from "../schedule/due.ts";
import type { CompiledSchedule } from "../schedule/compile.ts";
import type { Job, RevisionId } from "../model/job.ts";
import type { MachineId } from "../model/machine.ts";
import type { Occurrence } from "../model/occurrence.ts";
import type { NoRun, NoRunStatus, Run, RunFacts, RunId } from "../model/run.ts";
import { manualRunId, scheduledRunId } from "../model/run-id.ts";
import type { EpochMs, TimeWindow } from "../model/time.ts";
import { recordKeepMs } from "./keeping.ts";
import type { Session } from "./session.ts";

/** A job with all that decides its records: as it is or as it was when its schedule came into force. */
export interface PlannedJob {
  readonly job: Job;
  readonly revision: RevisionId;
  readonly schedule: CompiledSchedule;
}

/** Who makes the records, and for whom. */
export interface Recorder {
  readonly session: Session;
  readonly machineId: MachineId;
  /** The machine that `run_on: all` runs belong to; `undefined` for the fleet. */
  readonly scope: MachineId | undefined;
}

/**
 * What becomes of the occurrences of one job in a window, in order of time.
 * @param isOff the job has been switched off, deleted or broken since: nothing of it is run any more
 */
export function settle(planned: PlannedJob, window: TimeWindow, isOff: boolean): Iterable<Settlement> {
  const { catchUp, catchUpWindowMs, catchUpMax } = planned.job;
  const due = occurrencesIn(planned.schedule, window);
  const settlements = decideCatchUp(due, window.upTo, { mode: catchUp, windowMs: catchUpWindowMs, max: catchUpMax });
  return isOff ? allMissed(settlements) : settlements;
}

function* allMissed(settlements: Iterable<Settlement>): Generator<Settlement> {
  for (const it of settlements) {
    if (it.verdict === "missed") yield it;
    else {
      const { occurrence } = it;
      const reason = "the job was switched off, deleted or made invalid before this occurrence was run";
      yield { verdict: "missed", occurrence, last: occurrence.scheduledFor, count: 1, reason };
    }
  }
}

/** The run of an occurrence: running with its first intent when a slot is in hand, else waiting. */
export function claimOf(planned: PlannedJob, occurrence: Occurrence, by: Recorder, hasSlot: boolean, at: EpochMs): Run {
  return newRun(factsOf(planned, occurrence, by), planned.job, by, hasSlot, at);
}

/** The run that a command asks for; the command's id in its key makes it one. */
export function manualClaimOf(
  job: Job,
  revision: RevisionId,
  command: string,
  local: Occurrence,
  by: Recorder,
  hasSlot: boolean,
  at: EpochMs,
): Run {
  const id = manualRunId(job.id, command, by.scope);
  const facts: RunFacts = {
    id,
    jobId: job.id,
    jobName: job.name,
    trigger: "manual",
    scheduledFor: local.scheduledFor,
    local: local.local,
    hour: local.hour,
    minute: local.minute,
    scope: by.scope,
    revision,
  };
  return newRun(facts, job, by, hasSlot, at);
}

function newRun(facts: RunFacts, job: Job, by: Recorder, hasSlot: boolean, at: EpochMs): Run {
  const { session, serial } = by.session.lease;
  return {
    ...facts,
    session,
    serial,
    claimedBy: by.machineId,
    claimedAt: at,
    token: 1,
    seq: 0,
    status: hasSlot ? "running" : "waiting",
    startAt: hasSlot ? at : undefined,
    steps: hasSlot ? firstIntent(job, facts) : [],
    takeovers: 0,
    cancelRequested: false,
  };
}

/** The record of an occurrence, or of a stretch of them, that gets no run. */
export function noRunOf(
  planned: PlannedJob,
  occurrence: Occurrence,
  by: Recorder,
  status: NoRunStatus,
  reason: string,
  stretch: NoRun["stretch"],
  at: EpochMs,
): NoRun {
  const keepMs = recordKeepMs(planned.job.catchUpWindowMs);
  return {
    ...factsOf(planned, occurrence, by),
    status,
    reason,
    recordedBy: by.machineId,
    recordedAt: at,
    stretch,
    keepMs,
  };
}

function factsOf(planned: PlannedJob, occurrence: Occurrence, by: Recorder): RunFacts {
  const { job, revision } = planned;
  const id: RunId = scheduledRunId(job.id, occurrence.key, by.scope);
  return {
    id,
    jobId: job.id,
    jobName: job.name,
    trigger: "schedule",
    scheduledFor: occurrence.scheduledFor,
    local: occurrence.local,
    hour: occurrence.hour,
    minute: occurrence.minute,
    scope: by.scope,
    revision,
  };
}
