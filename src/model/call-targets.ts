import type { Job, JobId } from "./job.ts";
import { callsOf, type JobCall } from "./job-calls.ts";
import type { Parsed } from "./problem.ts";

/** A job as read, valid or not. */
export interface ReadJob {
  readonly id: JobId;
  readonly name: string;
  readonly parsed: Parsed<Job>;
  /** What its document alone is, where other jobs have changed that. */
  readonly alone?: Parsed<Job>;
}

/** A job that calls others. */
export interface Caller {
  readonly job: ReadJob;
  readonly calls: readonly TargetedCall[];
}

export interface TargetedCall extends JobCall {
  /** The job with that id, else all of that name. */
  readonly targets: readonly ReadJob[];
}

/** The valid jobs that call others, with the jobs that they mean. */
export function callersAmong(jobs: readonly ReadJob[]): readonly Caller[] {
  const written = jobs.flatMap((job) => {
    const calls = job.parsed.ok ? callsOf(job.parsed.value) : [];
    return calls.length === 0 ? [] : [{ job, calls }];
  });
  if (written.length === 0) return [];
  const targets = new Map<string, ReadJob[]>();
  for (const { calls } of written) for (const { job } of calls) targets.set(job, []);
  const ids = new Set<string>();
  for (const job of jobs) {
    if (!targets.has(job.id)) continue;
    targets.set(job.id, [job]);
    ids.add(job.id);
  }
  for (const job of jobs) if (!ids.has(job.name)) targets.get(job.name)?.push(job);
  return written.map(({ job, calls }) => ({
    job,
    calls: calls.map((call) => ({ ...call, targets: targets.get(call.job) ?? [] })),
  }));
}
