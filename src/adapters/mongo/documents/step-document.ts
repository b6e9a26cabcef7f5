import type { RevisionId } from "../../../model/job.ts";
import {
  type ItemCounts,
  type Step,
  type StepKey,
  stepKey,
  type StepPart,
  type StepStatus,
} from "../../../model/run.ts";
import { inStepOrder } from "../../../model/step-order.ts";
import { exactObject, exactText } from "./exact-text.ts";
import { dateOf, instantOrUndefined } from "./instants.ts";

/** An element of `job_runs.steps` or `job_runs.inner_steps`; what is not known is left out. */
export interface StepDocument {
  readonly index: number;
  readonly part?: StepPart;
  readonly name: string;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly status_code?: number;
  readonly elapsed_ms?: number;
  readonly response_sample?: string;
  readonly error?: string;
  readonly next_attempt_at?: Date;
  readonly started_at?: Date;
  readonly polls?: number;
  /** In the words of `exactText`. */
  readonly values?: string;
  readonly has_sensitive_values?: true;
  readonly items?: ItemCounts;
  /** A revision of another job. */
  readonly called?: string;
}

/** Where the steps of a run stand in its document. */
export interface StepFields {
  /** Those of the run itself, each at its index; null where nothing is recorded. */
  readonly steps?: readonly (StepDocument | null)[];
  /** Those that are parts of others, by key. */
  readonly inner_steps?: Readonly<Record<string, StepDocument>>;
}

/** Steps as a document that is made of them has them. */
export function stepFields(steps: readonly Step[]): StepFields {
  const outer: StepDocument[] = [];
  const inner: Record<string, StepDocument> = {};
  for (const step of steps) {
    if (step.parent !== undefined) inner[stepKey(step)] = stepDocument(step);
    // What is left empty before it becomes null in BSON, as where an update sets an element behind the end.
    else outer[step.index] = stepDocument(step);
  }
  return { steps: outer, ...(Object.keys(inner).length === 0 ? {} : { inner_steps: inner }) };
}

/** All steps of a document, each before its parts. */
export function stepsOf({ steps, inner_steps: inner }: StepFields): readonly Step[] {
  const outer = (steps ?? []).flatMap((it) => (it === null ? [] : [stepOf(it, undefined)]));
  if (inner === undefined) return outer;
  return inStepOrder([...outer, ...Object.entries(inner).map(([key, it]) => stepOf(it, parentOf(key)))]);
}

export function stepDocument(step: Step): StepDocument {
  return {
    index: step.index,
    ...(step.part === undefined ? {} : { part: step.part }),
    name: step.name,
    status: step.status,
    attempts: step.attempts,
    ...(step.statusCode === undefined ? {} : { status_code: step.statusCode }),
    ...(step.elapsedMs === undefined ? {} : { elapsed_ms: step.elapsedMs }),
    ...(step.responseSample === undefined ? {} : { response_sample: step.responseSample }),
    ...(step.error === undefined ? {} : { error: step.error }),
    ...(step.nextAttemptAt === undefined ? {} : { next_attempt_at: dateOf(step.nextAttemptAt) }),
    ...(step.startedAt === undefined ? {} : { started_at: dateOf(step.startedAt) }),
    ...(step.polls === undefined ? {} : { polls: step.polls }),
    ...(step.values === undefined ? {} : { values: exactText(step.values) }),
    ...(step.hasSensitiveValues === true ? { has_sensitive_values: true } : {}),
    ...(step.items === undefined ? {} : { items: step.items }),
    ...(step.called === undefined ? {} : { called: step.called }),
  };
}

function stepOf(document: StepDocument, parent: StepKey | undefined): Step {
  const { part, values, items, called, polls } = document;
  const startedAt = instantOrUndefined(document.started_at);
  return {
    index: document.index,
    ...(parent === undefined ? {} : { parent }),
    ...(part === undefined ? {} : { part }),
    name: document.name,
    status: document.status,
    attempts: document.attempts,
    statusCode: document.status_code,
    elapsedMs: document.elapsed_ms,
    responseSample: document.response_sample,
    error: document.error,
    nextAttemptAt: instantOrUndefined(document.next_attempt_at),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(polls === undefined ? {} : { polls }),
    ...(values === undefined ? {} : { values: exactObject(values) }),
    ...(document.has_sensitive_values === true ? { hasSensitiveValues: true } : {}),
    ...(items === undefined ? {} : { items }),
    ...(called === undefined ? {} : { called: called as RevisionId }),
  };
}

function parentOf(key: string): StepKey {
  return key.slice(0, key.lastIndexOf("/")) as StepKey;
}
