import type { HttpDefaults, Secrets } from "../model/config.ts";
import type { Job, RevisionId } from "../model/job.ts";
import type { Run, RunChange, RunEnd, Step } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";
import type { Chance } from "../ports/chance.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { WriteOutcome } from "../ports/run-store.ts";
import type { Redactor } from "./redact/redact.ts";
import type { TokenCache } from "./request/token-cache.ts";

interface MachineFacts {
  readonly hostname: string;
  readonly machineId: string;
}

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

/**
 * What a chain needs of its agent. Steps of a run may be under way side by side (items of a `for_each`), so each of
 * these may be called again before an earlier call has come back; only `store` is called one at a time.
 */
export interface ChainPorts {
  readonly http: HttpClient;
  readonly chance: Chance;
  /** The server's time as this agent estimates it. */
  readonly now: () => EpochMs;
  /** Knows the secrets of `ChainInput`. */
  readonly redactor: Redactor;
  /**
   * Waits until then; ends early when the signal aborts or the agent stops, and may end early for reasons of its own.
   * A run all of whose branches wait holds nothing that another run needs.
   */
  readonly pause: (until: EpochMs, signal: AbortSignal) => Promise<void>;
  /** Resolves only when MongoDB has answered; repeats inside. */
  readonly store: (change: RunChange) => Promise<WriteOutcome>;
  /** Waits while the session is fenced; false when it is over, or the signal aborts. */
  readonly maySend: (signal: AbortSignal) => Promise<boolean>;
  /** True: begin no further step or attempt. */
  readonly isStopping: () => boolean;
  readonly jobs: CalledJobs;
  /**
   * The moment that a text names: an ISO time, in this zone unless it has an offset, or `HH:MM`, the first such wall
   * time there after `after`. `undefined`: it names none.
   * @param zone of the job; `undefined`: the fleet's
   */
  readonly readTime: (text: string, after: EpochMs, zone: string | undefined) => EpochMs | undefined;
  /** OAuth 2 tokens that this agent keeps. */
  readonly tokens: TokenCache;
  /** Opened when a run is cancelled or timed out and has something to clean up: aborts when the time for that is over. */
  readonly openCleaning: () => { readonly signal: AbortSignal; readonly release: () => void };
  /** Told of each change of a step as it happens, also of those within an item that are forgotten before they are stored. */
  readonly onStep?: (step: Step) => void;
}

/** The jobs that actions of type `job` name. */
export interface CalledJobs {
  /**
   * By id, else by name; why there is none, in plain words. What it answers is stored as a revision.
   * @throws {StoreUnavailableError} never: it repeats inside
   */
  find(idOrName: string): Promise<CalledJob | { readonly problem: string }>;
  /** A revision that `find` answered, here or on another machine; `undefined` when it is not stored any more. */
  revision(id: RevisionId): Promise<Job | undefined>;
}

interface CalledJob {
  readonly job: Job;
  readonly revision: RevisionId;
}

/** Why a run is stopped from outside, as the `reason` of its signal. */
export type ChainAbort = "cancel" | "timeout" | "abandon";

export type ChainResult =
  | { readonly outcome: "ended"; readonly end: RunEnd; readonly steps: readonly Step[] }
  /** Somebody else goes on with it, or has it already. */
  | { readonly outcome: "left" };
