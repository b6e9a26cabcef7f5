import type { Brand } from "./brand.ts";
import type { JsonValue } from "./json.ts";
import type { RetryOverride } from "./retry.ts";
import type { ScheduleSpec } from "./schedule-spec.ts";
import type { Where } from "./where.ts";

/** The `_id` of the job document as text: ObjectId hex and plain text as they are, all else as canonical Extended JSON. */
export type JobId = Brand<string, "JobId">;
/** Content hash of a job document. */
export type RevisionId = Brand<string, "RevisionId">;

/** Where an occurrence runs: once in the fleet, by the leader or by any machine, so that jobs spread; or on every machine. */
export type RunOn = "leader" | "all" | "any";
/**
 * What happens to an occurrence while an earlier run of the job is live: it gets no run; it waits, if no other does
 * already; the earlier one is cancelled and it waits for that; it runs beside it.
 */
export type Overlap = "skip" | "queue" | "replace" | "allow";
/** Which occurrences of a time that was slept through are run afterwards. */
export type CatchUp = "last" | "all" | "none";
/** What becomes of a run whose agent died. */
export type OnAgentLoss = "resume" | "fail";

export interface Job {
  readonly id: JobId;
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly schedule: ScheduleSpec;
  readonly runOn: RunOn;
  /** Machines that do not match take no part in it. */
  readonly where: Where;
  readonly overlap: Overlap;
  /** Each run starts up to this much after its minute; 0 starts all at once. */
  readonly jitterMs: number;
  readonly catchUp: CatchUp;
  readonly catchUpWindowMs: number;
  /** Most occurrences that `catchUp: "all"` runs. */
  readonly catchUpMax: number;
  readonly onAgentLoss: OnAgentLoss;
  readonly runTimeoutMs: number;
  /** For actions that say nothing themselves; `undefined` leaves it to the config. */
  readonly timeoutMs: number | undefined;
  readonly retry: RetryOverride;
  /** At least one. */
  readonly actions: readonly Action[];
}

export type Action = HttpAction;

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export interface HttpAction {
  readonly type: "http";
  readonly name: string | undefined;
  readonly method: HttpMethod;
  /** With templates; so are the texts in `headers`, `params` and `body`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A null is left out, a list repeats its key. */
  readonly params: Readonly<Record<string, JsonValue>>;
  /** An object or a list goes out as JSON, a text raw; `undefined` is no body. */
  readonly body: JsonValue | undefined;
  readonly timeoutMs: number | undefined;
  readonly retry: RetryOverride;
  /** Most redirects followed within an attempt; 0 refuses them. */
  readonly redirects: number;
  readonly when: Guard;
  readonly continueOnFailure: boolean;
}

/** Conditions on the scheduled local time; what is absent always holds. */
export interface Guard {
  readonly hourIn: readonly number[] | undefined;
  readonly minuteIn: readonly number[] | undefined;
}
