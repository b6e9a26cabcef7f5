import type { Auth } from "./auth.ts";
import type { Captures } from "./capture.ts";
import type { JsonValue } from "./json.ts";
import type { AnswerRules, Condition } from "./matcher.ts";
import type { RetryOverride } from "./retry.ts";

export type Action = HttpAction | ForEachAction | SleepAction | JobAction;

/** What every action can say. */
interface ActionBase {
  /** Names the step for people, and for templates (`steps.NAME.status`). */
  readonly name: string | undefined;
  readonly when: Guard;
  /** Its failure does not end the chain. */
  readonly continueOnFailure: boolean;
}

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export interface HttpAction extends ActionBase {
  readonly type: "http";
  readonly method: HttpMethod;
  /** With templates; so are the texts in `headers`, `params` and the body. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A null is left out, a list repeats its key. */
  readonly params: Readonly<Record<string, JsonValue>>;
  /** An object or a list goes out as JSON, a text raw; `undefined` is no body. At most one of the four bodies is there. */
  readonly body: JsonValue | undefined;
  /** `application/x-www-form-urlencoded`, by the rules of `params`. */
  readonly form?: Readonly<Record<string, JsonValue>>;
  readonly multipart?: readonly MultipartPart[];
  /** Bytes as base64; may be a template. */
  readonly bodyBase64?: string;
  readonly auth?: Auth;
  readonly timeoutMs: number | undefined;
  readonly retry: RetryOverride;
  /** Most redirects followed within an attempt; 0 refuses them. */
  readonly redirects: number;
  /** What a good answer is; absent: a 2xx status. */
  readonly expect?: AnswerRules;
  readonly capture?: Captures;
  readonly until?: Until;
  /** Of its answer nothing is stored, logged or shown: no sample, no captured value. */
  readonly sensitive?: boolean;
}

/** A part of `multipart/form-data`; one of `value` and `base64`. */
export interface MultipartPart {
  readonly name: string;
  /** An object or a list goes out as JSON. */
  readonly value: JsonValue | undefined;
  readonly base64: string | undefined;
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
}

/** The request is sent again and again until a good answer also follows these rules. */
export interface Until {
  readonly rules: AnswerRules;
  readonly everyMs: number;
  /** From the first send; then the step has failed. */
  readonly timeoutMs: number;
}

/** Most items of a `for_each`: each has its record in the run, which must stay under 1 MB. */
export const FOR_EACH_ITEMS_MAX = 2_000;

/** One small chain for each item of a list, side by side; no item's failure stops another. */
export interface ForEachAction extends ActionBase {
  readonly type: "for_each";
  /** A list, or a template that gives one. */
  readonly in: JsonValue;
  /** The item is `vars.NAME` inside. */
  readonly as: string;
  /** Most items at a time. */
  readonly concurrency: number;
  readonly actions: readonly Action[];
  readonly onFailure: readonly Action[];
  readonly finally: readonly Action[];
}

/** Waits, holding nothing; one of the two. */
export interface SleepAction extends ActionBase {
  readonly type: "sleep";
  /** Milliseconds, or a template that gives seconds. */
  readonly for: number | string | undefined;
  /** An ISO time (in the job's zone unless it has an offset), `HH:MM` for the next such wall time, or a template of one. */
  readonly until: string | undefined;
}

/** The chain of another job as a part of this run: its own vars, its own steps, one record. */
export interface JobAction extends ActionBase {
  readonly type: "job";
  /** Id or name. */
  readonly job: string;
  /** Over the vars of that job; with templates. */
  readonly vars: Readonly<Record<string, JsonValue>>;
}

/** Conditions on the scheduled local time and on values; what is absent always holds, and all must hold. */
export interface Guard {
  readonly hourIn: readonly number[] | undefined;
  readonly minuteIn: readonly number[] | undefined;
  readonly if?: readonly Condition[];
}
