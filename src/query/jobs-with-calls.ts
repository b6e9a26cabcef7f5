import { withCallProblems } from "../model/call-problems.ts";
import type { JobSource } from "../ports/job-source.ts";

/** The jobs as agents take them: those that call each other in a circle are invalid. */
export function jobsWithCalls(source: JobSource): JobSource {
  return { readAll: async () => withCallProblems(await source.readAll()) };
}
