import type { Action } from "./action.ts";
import type { TlsOptions } from "./auth.ts";
import type { Brand } from "./brand.ts";
import type { JsonObject } from "./json.ts";
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
  /** Done when the chain has failed, before `finally`; what they come to changes nothing about that. */
  readonly onFailure?: readonly Action[];
  /** Done at the end in any case, also after a cancel or a time limit. */
  readonly finally?: readonly Action[];
  /** What templates name as `vars.NAME`; with templates of secrets and of the run. */
  readonly vars?: JsonObject;
  readonly tls?: TlsOptions;
}
