import type { Job, JobId } from "../../model/job.ts";
import { callsOf } from "../../model/job-calls.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import { secretsOfJob } from "../../schema/job-secrets.ts";

/** Tells which secrets a machine needs to run a job: those that the job names, and those of the jobs that it calls. */
export function createNeededSecrets(documents: readonly JobDocument[]): (job: Job) => readonly string[] {
  const byId = new Map<string, JobDocument>(documents.map((it) => [it.id, it]));
  const byName = new Map<string, readonly JobDocument[]>();
  for (const it of documents) byName.set(it.name, [...(byName.get(it.name) ?? []), it]);

  /** The job that a call means; one that several have the name of is not called. */
  function called(idOrName: string): Job | undefined {
    const named = byName.get(idOrName) ?? [];
    const document = byId.get(idOrName) ?? (named.length === 1 ? named[0] : undefined);
    return document?.parsed.ok === true ? document.parsed.value : undefined;
  }

  return (job) => {
    const jobs = new Map<JobId, Job>([[job.id, job]]);
    for (const caller of jobs.values()) {
      for (const call of callsOf(caller)) {
        const it = called(call.job);
        if (it !== undefined) jobs.set(it.id, it);
      }
    }
    return [...new Set([...jobs.values()].flatMap(secretsOfJob))].sort();
  };
}
