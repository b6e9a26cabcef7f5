import { firstIntent } from "../chain/flow/first-intent.ts";
import { decideCatchUp, type Settlement } from "../schedule/catch-up.ts";
import { jitterMsOf } from "../schedule/jitter.ts";
import { occurrencesIn } from "../schedule/due.ts";
import type { CompiledSchedule } from "../schedule/compile.ts";
import type { Job, RevisionId } from "../model/job.ts";
import type { JsonObject } from "../model/json.ts";
import type { MachineId } from "../model/machine.ts";
import type { Member } from "../model/member.ts";
import type { Occurrence } from "../model/occurrence.ts";
import type { NoRun, NoRunStatus, Run, RunFacts, RunId } from "../model/run.ts";
import { backfillRunId, manualRunId, scheduledRunId } from "../model/run-id.ts";
import type { EpochMs, TimeWindow } from "../model/time.ts";
import { recordKeepMs } from "./keeping.ts";
import type { Session } from "./session.ts";

/** A job with all that decides its records: as it is or as it was when its schedule came into force. */
export interface PlannedJob {
  readonly job: Job;
  readonly revision: RevisionId;
  readonly schedule: CompiledSchedule;
}

/** A job that is off stays so. */
export const FOR_GOOD = Number.POSITIVE_INFINITY as EpochMs;

/** Who makes the records, and for whom. */
export interface Recorder {
  readonly session: Session;
  readonly machineId: MachineId;
  /** The machine that `run_on: all` runs belong to; `undefined` for the fleet. */
  readonly scope: MachineId | undefined;
}

/**
 * What becomes of the occurrences of one job in a window, in order of time.
 * @param offUntil nothing from before this moment is run any more: the job has been paused, or (`FOR_GOOD`) switched off
 */
export function settle(planned: PlannedJob, window: TimeWindow, offUntil: EpochMs | undefined): Iterable<Settlement> {
  const { catchUp, catchUpWindowMs, catchUpMax } = planned.job;
  const due = occurrencesIn(planned.schedule, window);
  const settlements = decideCatchUp(due, window.upTo, { mode: catchUp, windowMs: catchUpWindowMs, max: catchUpMax });
  return offUntil === undefined ? settlements : missedBefore(offUntil, settlements);
}

function* missedBefore(offUntil: EpochMs, settlements: Iterable<Settlement>): Generator<Settlement> {
  for (const it of settlements) {
    if (it.verdict === "missed" || it.occurrence.scheduledFor >= offUntil) yield it;
    else {
      const { occurrence } = it;
      const reason = "the job was paused, switched off, deleted or made invalid before this occurrence was run";
      yield { verdict: "missed", occurrence, last: occurrence.scheduledFor, count: 1, reason };
    }
  }
}

/** The run of an occurrence: running with its first intent when a slot is in hand, else waiting. */
export function claimOf(planned: PlannedJob, occurrence: Occurrence, by: Recorder, hasSlot: boolean, at: EpochMs): Run {
  const run = newRun(factsOf(planned, occurrence, by), planned.job, by, hasSlot, at);
  return { ...run, dueAt: dueAtOf(planned, occurrence, by) };
}

/** When the run of an occurrence may start: at its time, and the jitter of its job later. */
export function dueAtOf(planned: PlannedJob, occurrence: Occurrence, by: Recorder): EpochMs {
  const { scheduledFor, key } = occurrence;
  const { id, jitterMs } = planned.job;
  return (scheduledFor + jitterMsOf(scheduledRunId(id, key, by.scope), jitterMs)) as EpochMs;
}

/** The same run as another member's own: it waits until that member takes it. */
export function givenTo({ session, serial, machineId }: Member, run: Run): Run {
  return { ...run, session, serial, claimedBy: machineId };
}

/** What a command asks for. */
export interface ManualRun {
  readonly job: Job;
  readonly revision: RevisionId;
  readonly vars: JsonObject | undefined;
  /** Its id in the key of the run makes it one. */
  readonly command: string;
}

/** The run that a command asks for. */
export function manualClaimOf(
  { job, revision, vars, command }: ManualRun,
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
    ...(vars === undefined ? {} : { vars }),
  };
  return newRun(facts, job, by, hasSlot, at);
}

/** The run that makes up for an occurrence that is over; it begins when the earlier ones of its kind have ended. */
export function backfillClaimOf(planned: PlannedJob, occurrence: Occurrence, by: Recorder, at: EpochMs): Run {
  const id = backfillRunId(planned.job.id, occurrence.key, by.scope);
  const facts: RunFacts = { ...factsOf(planned, occurrence, by), id, trigger: "backfill" };
  return { ...newRun(facts, planned.job, by, false, at), dueAt: at };
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
    dueAt: facts.scheduledFor,
    startAt: hasSlot ? at : undefined,
    steps: hasSlot ? firstIntent(job, facts) : [],
    takeovers: 0,
    cancelRequested: false,
    handedBack: false,
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
