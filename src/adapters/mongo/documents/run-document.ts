import type { JobId, RevisionId } from "../../../model/job.ts";
import type { MachineId } from "../../../model/machine.ts";
import type { Serial, SessionId } from "../../../model/member.ts";
import type { LiveStatus, NoRun, Run, RunEnd, RunFacts, RunId, RunStatus, RunTrigger } from "../../../model/run.ts";
import { DAY_MS, type EpochMs } from "../../../model/time.ts";
import { exactObject, exactText } from "./exact-text.ts";
import { dateOf, instantOf, instantOrUndefined } from "./instants.ts";
import { type StepFields, stepFields, stepsOf } from "./step-document.ts";

/** A document of `job_runs`: a run, or the record of an occurrence that got none. */
export interface RunDocument extends StepFields {
  readonly _id: string;
  readonly job_id: string;
  readonly job_name: string;
  readonly trigger: RunTrigger;
  readonly scheduled_for: Date;
  readonly local: string;
  readonly hour: number;
  readonly minute: number;
  /** Machine id of a run that every machine has for itself; null runs once in the fleet. */
  readonly scope: string | null;
  readonly revision: string;
  /** In the words of `exactText`. */
  readonly vars?: string;
  readonly status: RunStatus;
  readonly reason?: string;
  /** When MongoDB removes it; only with a final status. */
  readonly expire_at?: Date;

  /** Of runs only. */
  readonly session?: string;
  readonly token?: number;
  readonly seq?: number;
  /** Whose run it is, in the end. */
  readonly claimed_by?: string;
  readonly claimed_at?: Date;
  readonly executed_by_serial?: number;
  readonly takeovers?: number;
  readonly cancel_requested?: boolean;
  /** Why, in plain words; becomes the reason of the end. */
  readonly cancel_reason?: string;
  /** When it may start at the earliest, where that is later than `scheduled_for`. */
  readonly due_at?: Date;
  /** True: given away at a clean stop, with nothing in doubt, and not begun with since. */
  readonly handed_back?: boolean;
  readonly start_at?: Date;
  readonly end_at?: Date;
  readonly late_ms?: number;

  /** Of missed and skipped occurrences only. */
  readonly recorded_by?: string;
  readonly recorded_at?: Date;
  /** When it stands for a stretch of misses: the last one and how many. */
  readonly last?: Date;
  readonly count?: number;
}

export const LIVE_STATUSES: readonly LiveStatus[] = ["waiting", "running"];

/** Ended runs whose owner gave no other time are kept a week longer than the longest catch-up window there is. */
const RECORD_KEEP_MS = (366 + 7) * DAY_MS;

export function isRun(record: Run | NoRun): record is Run {
  return "session" in record;
}

export function runDocument(record: Run | NoRun): RunDocument {
  return isRun(record) ? claimDocument(record) : noRunDocument(record);
}

function claimDocument(run: Run): RunDocument {
  return {
    ...factFields(run),
    status: run.status,
    session: run.session,
    token: run.token,
    seq: run.seq,
    claimed_by: run.claimedBy,
    claimed_at: dateOf(run.claimedAt),
    executed_by_serial: run.serial,
    takeovers: run.takeovers,
    cancel_requested: run.cancelRequested,
    ...stepFields(run.steps),
    ...(run.dueAt === run.scheduledFor ? {} : { due_at: dateOf(run.dueAt) }),
    ...(run.handedBack ? { handed_back: true } : {}),
    ...(run.startAt === undefined ? {} : { start_at: dateOf(run.startAt), late_ms: run.startAt - run.dueAt }),
  };
}

function noRunDocument(record: NoRun): RunDocument {
  const latest = Math.max(record.recordedAt, record.stretch?.last ?? record.scheduledFor);
  return {
    ...factFields(record),
    status: record.status,
    reason: record.reason,
    recorded_by: record.recordedBy,
    recorded_at: dateOf(record.recordedAt),
    expire_at: new Date(latest + record.keepMs),
    ...(record.stretch === undefined ? {} : { last: dateOf(record.stretch.last), count: record.stretch.count }),
  };
}

function factFields(facts: RunFacts): Omit<RunDocument, "status"> {
  return {
    _id: facts.id,
    job_id: facts.jobId,
    job_name: facts.jobName,
    trigger: facts.trigger,
    scheduled_for: dateOf(facts.scheduledFor),
    local: facts.local,
    hour: facts.hour,
    minute: facts.minute,
    scope: facts.scope ?? null,
    revision: facts.revision,
    ...(facts.vars === undefined ? {} : { vars: exactText(facts.vars) }),
  };
}

/** What the end of a run changes in its document. */
export function endFields(
  end: RunEnd,
  keepMs: number | undefined,
): Pick<RunDocument, "status" | "reason" | "end_at" | "expire_at"> {
  return {
    status: end.status,
    end_at: dateOf(end.endAt),
    expire_at: new Date(end.endAt + (keepMs ?? RECORD_KEEP_MS)),
    ...(end.reason === undefined ? {} : { reason: end.reason }),
  };
}

/** Only for documents of runs, which have all of these fields since their insert. */
export function runOf(document: RunDocument): Run {
  return {
    ...factsOf(document),
    status: document.status as LiveStatus,
    session: (document.session ?? "") as SessionId,
    token: document.token ?? 0,
    seq: document.seq ?? 0,
    claimedBy: (document.claimed_by ?? "") as MachineId,
    serial: (document.executed_by_serial ?? 0) as Serial,
    claimedAt: instantOrUndefined(document.claimed_at) ?? instantOf(document.scheduled_for),
    dueAt: instantOrUndefined(document.due_at) ?? instantOf(document.scheduled_for),
    startAt: instantOrUndefined(document.start_at),
    takeovers: document.takeovers ?? 0,
    cancelRequested: document.cancel_requested ?? false,
    handedBack: document.handed_back ?? false,
    steps: stepsOf(document),
  };
}

export function factsOf(document: RunDocument): RunFacts {
  return {
    id: document._id as RunId,
    jobId: document.job_id as JobId,
    jobName: document.job_name,
    trigger: document.trigger,
    scheduledFor: instantOf(document.scheduled_for) as EpochMs,
    local: document.local,
    hour: document.hour,
    minute: document.minute,
    scope: (document.scope ?? undefined) as MachineId | undefined,
    revision: document.revision as RevisionId,
    ...(document.vars === undefined ? {} : { vars: exactObject(document.vars) }),
  };
}
