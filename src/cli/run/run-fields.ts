import { type EpochMs, isoSeconds } from "../../model/time.ts";
import { stepKey } from "../../model/run.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { type StepNode, stepTree } from "../../query/step-tree.ts";
import { type Fields, recordOf } from "../print/printer.ts";

/** What is not said of a step is left out, as in its document; but for what every step has had at any time. */
const STEP_FIELDS: Fields<StepNode> = {
  key: ({ step }) => stepKey(step),
  index: ({ step }) => step.index,
  part: ({ step }) => step.part,
  name: ({ step }) => step.name,
  status: ({ step }) => step.status,
  status_code: ({ step }) => step.statusCode ?? null,
  attempts: ({ step }) => step.attempts,
  polls: ({ step }) => step.polls,
  elapsed_ms: ({ step }) => step.elapsedMs ?? null,
  response_sample: ({ step }) => step.responseSample ?? null,
  error: ({ step }) => step.error ?? null,
  next_attempt_at: ({ step }) => isoMillis(step.nextAttemptAt),
  started_at: ({ step }) => (step.startedAt === undefined ? undefined : isoMillis(step.startedAt)),
  values: ({ step }) => step.values,
  has_sensitive_values: ({ step }) => step.hasSensitiveValues,
  items: ({ step }) => (step.items === undefined ? undefined : { ...step.items }),
  called: ({ step }) => step.called,
  steps: ({ parts }) => (parts.length === 0 ? undefined : parts.map((it) => recordOf(it, STEP_FIELDS))),
};

/** A run as programs read it; the names are those of its document. */
export const RUN_FIELDS: Fields<RunRecord> = {
  id: (run) => run.id,
  job_id: (run) => run.jobId,
  job_name: (run) => run.jobName,
  status: (run) => run.status,
  reason: (run) => run.reason ?? null,
  trigger: (run) => run.trigger,
  scheduled_for: (run) => isoSeconds(run.scheduledFor),
  local: (run) => run.local,
  start_at: (run) => isoMillis(run.startAt),
  end_at: (run) => isoMillis(run.endAt),
  late_ms: (run) => latenessMs(run) ?? null,
  machine_id: (run) => run.machineId ?? null,
  serial: (run) => run.serial ?? null,
  takeovers: (run) => run.takeovers,
  cancel_requested: (run) => run.cancelRequested,
  scope: (run) => run.scope ?? "fleet",
  missed_until: (run) => (run.stretch === undefined ? null : isoSeconds(run.stretch.last)),
  missed_count: (run) => (run.stretch === undefined ? null : run.stretch.count),
};

/** With what every action did. */
export const RUN_DETAIL_FIELDS: Fields<RunRecord> = {
  ...RUN_FIELDS,
  claimed_at: (run) => isoMillis(run.claimedAt),
  due_at: (run) => isoMillis(run.dueAt ?? run.scheduledFor),
  revision: (run) => run.revision ?? null,
  vars: (run) => run.vars ?? {},
  steps: (run) => stepTree(run.steps).map((it) => recordOf(it, STEP_FIELDS)),
};

/** How long after it was due, its jitter included, a run began. */
export function latenessMs(run: RunRecord): number | undefined {
  return run.startAt === undefined ? undefined : Math.max(0, run.startAt - (run.dueAt ?? run.scheduledFor));
}

/** How long a run took, `undefined` unless it began and ended. */
export function lengthMs(run: RunRecord): number | undefined {
  return run.startAt === undefined || run.endAt === undefined ? undefined : Math.max(0, run.endAt - run.startAt);
}

function isoMillis(at: EpochMs | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
