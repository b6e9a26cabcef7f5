import type { HttpDefaults, Secrets } from "../model/config.ts";
import type { Job } from "../model/job.ts";
import type { Run, RunChange, RunEnd, Step } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";
import type { Chance } from "../ports/chance.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { WriteOutcome } from "../ports/run-store.ts";
import type { Redactor } from "./redact.ts";
import type { MachineFacts } from "./template.ts";

export interface ChainInput {
  /** As stored. */
  readonly run: Run;
  /** The job as it was when the run was claimed. */
  readonly job: Job;
  /** True: a `sending` step of `run` is our own intent and not sent yet. False: it is in doubt. */
  readonly intentIsFresh: boolean;
  readonly secrets: Secrets;
  readonly defaults: HttpDefaults;
  readonly machine: MachineFacts;
}

export interface ChainPorts {
  readonly http: HttpClient;
  readonly chance: Chance;
  /** The server's time as this agent estimates it. */
  readonly now: () => EpochMs;
  readonly redactor: Redactor;
  /** Waits until then; ends early when the run's signal aborts or the agent stops. */
  readonly pause: (until: EpochMs) => Promise<void>;
  /** Resolves only when MongoDB has answered; repeats inside. */
  readonly store: (change: RunChange) => Promise<WriteOutcome>;
  /** Waits while the session is fenced; false when it is over. */
  readonly maySend: () => Promise<boolean>;
  /** True: begin no further step or attempt. */
  readonly isStopping: () => boolean;
}

/** Why a run is stopped from outside, as the `reason` of its signal. */
export type ChainAbort = "cancel" | "timeout" | "abandon";

export type ChainResult =
  | { readonly outcome: "ended"; readonly end: RunEnd; readonly steps: readonly Step[] }
  /** Somebody else goes on with it, or has it already. */
  | { readonly outcome: "left" };
