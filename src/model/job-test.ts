import type { HttpMethod } from "./action.ts";
import type { HttpDefaults, Secrets } from "./config.ts";
import type { Job } from "./job.ts";
import type { JsonObject } from "./json.ts";
import type { Matcher } from "./matcher.ts";
import type { EndStatus } from "./run.ts";
import type { EpochMs } from "./time.ts";

/** A test of a job's chain, as `tests` of its document holds it: played without sending and without waiting. */
export interface JobTest {
  readonly name: string;
  readonly given: GivenSituation;
  readonly expected: ExpectedRun;
}

/** The world in which a chain is played; nothing else of any machine takes part. */
export interface GivenSituation {
  readonly secrets: Secrets;
  /** Over the vars of the job, as `run_job` gives them. */
  readonly vars: JsonObject;
  readonly scheduledFor: EpochMs;
  /** The fleet's zone, for a job that names none. */
  readonly zone: string;
  readonly hostname: string;
  /** As the config of an agent has them. */
  readonly httpDefaults: HttpDefaults;
  /** When it is cancelled, counted from its start; `undefined`: it is not. */
  readonly cancelAfterMs: number | undefined;
  /** The jobs that actions of type `job` find. */
  readonly jobs: readonly Job[];
  /** In order: a request takes the first that fits and is not used up. */
  readonly answers: readonly GivenAnswer[];
}

export interface GivenAnswer {
  /** Which requests it fits; what is absent does not matter. */
  readonly to: {
    readonly method: HttpMethod | undefined;
    /** Whole URL; `*` stands for any characters. */
    readonly url: string | undefined;
    /** Name of the step, or its path: `machines/2/submit`. */
    readonly step: string | undefined;
  };
  /** How many requests it answers; infinite for `"any"`. */
  readonly times: number;
  readonly delayMs: number;
  readonly outcome:
    | {
        readonly kind: "response";
        readonly status: number;
        readonly headers: Readonly<Record<string, string>>;
        readonly body: string;
      }
    /** A timeout comes when the time limit of the request is over, a broken connection at once. */
    | { readonly kind: "failure"; readonly cause: "timeout" | "network" };
}

/** What a run must come to; what is absent is not asked. */
export interface ExpectedRun {
  readonly result: EndStatus | undefined;
  /** A regular expression that must be found in the reason. */
  readonly reasonMatches: string | undefined;
  readonly requests: readonly ExpectedRequest[] | undefined;
  /** The order of the requests does not matter. */
  readonly isAnyOrder: boolean;
  /** False: requests may follow, or with any order come between, that are not named. */
  readonly noMoreRequests: boolean;
  /** By name or path of a step. */
  readonly steps: Readonly<Record<string, ExpectedStep>>;
  /** What the run's own steps captured. */
  readonly vars: Readonly<Record<string, ExpectedValue>>;
  readonly tookSec: Matcher | undefined;
}

export interface ExpectedRequest {
  readonly method: HttpMethod | undefined;
  /** Whole URL; `*` stands for any characters. */
  readonly url: string | undefined;
  readonly step: string | undefined;
  /** By name in small letters; others may be there. */
  readonly headers: Readonly<Record<string, Matcher>>;
  /** The body as it is sent. */
  readonly body: Matcher | undefined;
  /** The body read as JSON. */
  readonly json: ExpectedValue | undefined;
  /** How many such requests come one after the other. */
  readonly times: number;
}

export const STEP_RESULTS = ["ok", "error", "unknown", "skipped", "not_reached"] as const;
export type StepResult = (typeof STEP_RESULTS)[number];

export interface ExpectedStep {
  readonly result: StepResult | undefined;
  readonly status: Matcher | undefined;
  readonly attempts: Matcher | undefined;
  readonly polls: Matcher | undefined;
  /** A regular expression that must be found in the error. */
  readonly errorMatches: string | undefined;
  /** Of a `for_each`: how its items ended. */
  readonly items: Readonly<Partial<Record<"total" | "ok" | "failed" | "skipped", Matcher>>>;
}

/** What a value must be, at any depth: where an object says nothing but matchers it is a matcher, all else is a value. */
export type ExpectedValue =
  | { readonly kind: "matcher"; readonly matcher: Matcher }
  | { readonly kind: "list"; readonly items: readonly ExpectedValue[] }
  /** Exactly these fields. */
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, ExpectedValue>> };
