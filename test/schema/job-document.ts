import { expect } from "vitest";
import type { HttpAction } from "../../src/model/action.ts";
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

/** The requests of a job, which has no other actions. */
export function requestsOf({ actions }: Pick<Job, "actions">): readonly HttpAction[] {
  expect(actions.every((it) => it.type === "http")).toBe(true);
  return actions.filter((it) => it.type === "http");
}

/** The one request of a job, which must be valid. */
export function requestWith(fields: Readonly<Record<string, unknown>>): HttpAction {
  return requestOf(jobWith(fields));
}

export function requestOf(job: Job): HttpAction {
  const [only] = requestsOf(job);
  if (only === undefined) throw new Error("the job has no request");
  return only;
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
