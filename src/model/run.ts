import type { Brand } from "./brand.ts";
import type { JsonObject } from "./json.ts";
import type { JobId, RevisionId } from "./job.ts";
import type { MachineId } from "./machine.ts";
import type { Serial, SessionId } from "./member.ts";
import type { EpochMs } from "./time.ts";

/** `jobId|occurrence|scope`; whoever inserts it first has the occurrence. */
export type RunId = Brand<string, "RunId">;

export type LiveStatus = "waiting" | "running";
export type EndStatus = "ok" | "error" | "cancelled" | "unknown" | "interrupted";
/** Records of occurrences that were not run. They stand under the run's id, so a run and a miss exclude each other. */
export type NoRunStatus = "missed" | "skipped";
export type RunStatus = LiveStatus | EndStatus | NoRunStatus;

/** Who made it run: its schedule, a person at that moment, or a person for an occurrence that is over. */
export type RunTrigger = "schedule" | "manual" | "backfill";

export type StepStatus =
  | "ok"
  | "error"
  /** Its `when` did not hold. */
  | "skipped_when"
  /** An attempt is stored and may have been sent. */
  | "sending"
  /** The next attempt starts at `nextAttemptAt`. */
  | "waiting"
  /** Its own steps are under way: a `for_each`, an item of it, a `job`. */
  | "running"
  /** Sent, answer never seen, no attempt left. */
  | "unknown";

/** Which step of a run: `2`, the action inside another job `2/0`, an item of a `for_each` `2/17`, its action `2/17/0`. */
export type StepKey = Brand<string, "StepKey">;

/** Why a step belongs to a run beside its `actions`. */
export type StepPart = "on_failure" | "finally";

/**
 * What is recorded of one action of a run, or of one item of a `for_each`. The steps of `actions`, `on_failure` and
 * `finally` are counted in this order.
 */
export interface Step {
  /** Place in its list, from 0. */
  readonly index: number;
  /** The step that it is a part of; absent: the run itself. */
  readonly parent?: StepKey;
  readonly part?: StepPart;
  readonly name: string;
  readonly status: StepStatus;
  /** Attempts stored so far; never fewer than were sent. */
  readonly attempts: number;
  readonly statusCode: number | undefined;
  readonly elapsedMs: number | undefined;
  /** At most 2000 characters, secrets redacted. */
  readonly responseSample: string | undefined;
  readonly error: string | undefined;
  readonly nextAttemptAt: EpochMs | undefined;
  /** When its first attempt was to be sent, where a time limit counts from there. */
  readonly startedAt?: EpochMs;
  /** Good answers of an `until` so far that were not the last; `attempts` are those of the present poll. */
  readonly polls?: number;
  /** What was captured, by name; of what templates name of its answer, `json$.a.b`, `header:name`, `text$`. Nothing sensitive. */
  readonly values?: JsonObject;
  /** Captures that are not stored; whoever goes on with the run without them makes the step again. */
  readonly hasSensitiveValues?: boolean;
  /** Of a `for_each`: how its items ended so far. */
  readonly items?: ItemCounts;
  /** Of a `job`: the revision of the job that is a part of this run. */
  readonly called?: RevisionId;
}

export interface ItemCounts {
  readonly total: number;
  readonly ok: number;
  readonly failed: number;
  /** Items whose steps were all skipped. */
  readonly skipped: number;
}

/** The key of a step. */
export function stepKey({ index, parent }: Pick<Step, "index" | "parent">): StepKey {
  return (parent === undefined ? String(index) : `${parent}/${index}`) as StepKey;
}

/** The part of a run that says who may write it; every write names all three and raises `seq`. */
export interface RunHold {
  readonly id: RunId;
  readonly session: SessionId;
  readonly token: number;
  readonly seq: number;
}

/** What stays the same from claim to end. */
export interface RunFacts {
  readonly id: RunId;
  readonly jobId: JobId;
  readonly jobName: string;
  readonly trigger: RunTrigger;
  readonly scheduledFor: EpochMs;
  /** Wall time of `scheduledFor` in the job's zone, for guards and people. */
  readonly local: string;
  readonly hour: number;
  readonly minute: number;
  /** `undefined` runs once in the fleet; else the machine whose run it is. */
  readonly scope: MachineId | undefined;
  readonly revision: RevisionId;
  /** What whoever asked for it gives as `vars`, over those of the job. */
  readonly vars?: JsonObject;
}

export interface Run extends RunFacts, RunHold {
  readonly status: LiveStatus;
  /** When it may start at the earliest: `scheduledFor`, and the job's jitter later. What is late is counted from here. */
  readonly dueAt: EpochMs;
  readonly claimedBy: MachineId;
  readonly serial: Serial;
  readonly claimedAt: EpochMs;
  readonly startAt: EpochMs | undefined;
  readonly takeovers: number;
  readonly cancelRequested: boolean;
  /** True: its former holder gave it away at a clean stop with no attempt in doubt, and nobody has begun with it since. */
  readonly handedBack: boolean;
  readonly steps: readonly Step[];
}

/** A live run as others see it that must not overlap with it. */
export interface LiveRun extends Pick<RunFacts, "id" | "jobId" | "trigger" | "scheduledFor"> {
  readonly status: LiveStatus;
  readonly cancelRequested: boolean;
}

/** A record of an occurrence that gets no run. */
export interface NoRun extends RunFacts {
  readonly status: NoRunStatus;
  /** In plain words. */
  readonly reason: string;
  readonly recordedBy: MachineId;
  readonly recordedAt: EpochMs;
  /** When one record stands for a stretch of misses: its last moment and how many. */
  readonly stretch: { readonly last: EpochMs; readonly count: number } | undefined;
  /** How long it is kept, from its last moment or its making, whichever is later. */
  readonly keepMs: number;
}

/** What a write changes in a run. */
export interface RunChange {
  /** Steps that are new or changed. */
  readonly steps: readonly Step[];
  /** Steps of ended items, which need not be kept. */
  readonly forgotten?: readonly StepKey[];
  /** True: the request to cancel is known, and this write belongs to the cleaning up that follows it. */
  readonly despiteCancel?: boolean;
  /** From waiting to running. */
  readonly startAt?: EpochMs;
  readonly end?: RunEnd;
}

export interface RunEnd {
  readonly status: EndStatus;
  /** Why it is not ok, in plain words. */
  readonly reason: string | undefined;
  readonly endAt: EpochMs;
}
