import { nextTurn } from "../../src/adapters/system/next-turn.ts";
import type { Job, JobId } from "../../src/model/job.ts";
import type { JobTest } from "../../src/model/job-test.ts";
import { namedTime, wallTime } from "../../src/query/wall-clock.ts";
import { rehearse, type TestReport } from "../../src/rehearsal/rehearse.ts";
import { parseJob } from "../../src/schema/job.ts";
import { parseJobTests } from "../../src/schema/job-tests.ts";

export const PARTS = { nextTurn, wallTime, readTime: namedTime };

export function jobIn(document: Readonly<Record<string, unknown>>): Job {
  const parsed = parseJob({ name: "the job", schedule: "0 * * * *", enabled: true, ...document }, "job-1" as JobId);
  if (!parsed.ok) throw new Error(`the job is invalid: ${JSON.stringify(parsed.problems)}`);
  return parsed.value;
}

export function testsIn(document: unknown): readonly JobTest[] {
  const parsed = parseJobTests(document);
  if (!parsed.ok) throw new Error(`the tests are invalid: ${JSON.stringify(parsed.problems)}`);
  return parsed.value;
}

/** Plays a document with one test. */
export async function rehearseDocument(
  document: Readonly<Record<string, unknown>>,
  test: Readonly<Record<string, unknown>>,
): Promise<TestReport> {
  const [only] = testsIn({ tests: [test] });
  if (only === undefined) throw new Error("there is no test");
  return rehearse(jobIn(document), only, PARTS);
}

/** Differences in one line each. */
export function told({ differences }: TestReport): readonly string[] {
  return differences.map(({ about, expected, got }) => `${about}: expected ${expected}, got ${got}`);
}
