import { expect } from "vitest";
import type { Job, JobId } from "../../src/model/job.ts";
import type { Parsed, Problem } from "../../src/model/problem.ts";
import { parseJob } from "../../src/schema/job.ts";

/** The smallest job that does something. */
export const SMALL_JOB = { name: "ping", enabled: true, hour: 9, minute: 30, url: "https://example.com/" };

/** `SMALL_JOB` with these fields instead, read as the job `j1`. */
export function parseWith(fields: Readonly<Record<string, unknown>>): Parsed<Job> {
  return parseJob({ ...SMALL_JOB, ...fields }, "j1" as JobId);
}

/** The job, which must be valid. */
export function jobWith(fields: Readonly<Record<string, unknown>>): Job {
  return valueOf(parseWith(fields));
}

export function valueOf<T>(parsed: Parsed<T>): T {
  expect(parsed).toMatchObject({ ok: true });
  if (!parsed.ok) throw new Error("not valid");
  return parsed.value;
}

/** `path  message` of each error. */
export function errorsOf(parsed: Parsed<unknown>): readonly string[] {
  return parsed.ok ? [] : lines(parsed.problems.filter((problem) => problem.severity === "error"));
}

/** `path  message` of each warning. */
export function warningsOf(parsed: Parsed<unknown>): readonly string[] {
  return lines(parsed.ok ? parsed.warnings : parsed.problems.filter((problem) => problem.severity === "warning"));
}

function lines(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ path, message }) => `${path}  ${message}`);
}
