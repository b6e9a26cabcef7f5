import type { FailureClass } from "../../model/retry.ts";

/**
 * What is wrong with a status of 400 and more; `undefined` below, where it depends on what was expected. What lies beyond
 * 599 is nobody's standard, and a server that says it is in trouble.
 */
export function statusClass(status: number): FailureClass | undefined {
  if (status >= 500) return "5xx";
  if (status === 429) return "429";
  return status >= 400 ? "4xx" : undefined;
}
