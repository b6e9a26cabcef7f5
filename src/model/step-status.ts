import type { StepStatus } from "./run.ts";

/** Whether nothing more happens in a step. */
export function isStepOver(status: StepStatus): boolean {
  return status === "ok" || status === "skipped_when" || hasStepFailed(status);
}

/** Whether a step has come to nothing good. */
export function hasStepFailed(status: StepStatus): boolean {
  return status === "error" || status === "unknown";
}
