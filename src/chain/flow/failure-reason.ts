import type { Step } from "../../model/run.ts";

/** Why a chain fails whose step has come to nothing good, in plain words and redacted like the step's error. */
export function failureReason({ index, name, status, error, attempts }: Step): string {
  const label = `step ${index + 1} "${name}"`;
  if (status === "unknown") return `${label}: ${error}, and no attempt is left`;
  return `${label} failed: ${error}${attempts > 1 ? ` after ${attempts} attempts` : ""}`;
}
