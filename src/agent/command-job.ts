import type { Job } from "../model/job.ts";
import type { JobDocument } from "../ports/job-source.ts";
import type { JobCatalog } from "./job-catalog.ts";

/** What a command's job is, or in plain words why there is none to do anything with. */
export type Found<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** The document of the job that a command names by id or name. */
export function findJob(catalog: Pick<JobCatalog, "find">, idOrName: string): Found<JobDocument> {
  const [document, second] = catalog.find(idOrName);
  if (document === undefined) return { ok: false, why: `there is no job with the id or name "${idOrName}"` };
  if (second !== undefined) return { ok: false, why: `several jobs are named "${idOrName}"; give the id` };
  return { ok: true, value: document };
}

/** The job of such a document, which has to be valid. */
export function findValidJob(
  catalog: Pick<JobCatalog, "find">,
  idOrName: string,
): Found<{ readonly document: JobDocument; readonly job: Job }> {
  const found = findJob(catalog, idOrName);
  if (!found.ok) return found;
  const document = found.value;
  if (document.parsed.ok) return { ok: true, value: { document, job: document.parsed.value } };
  const problems = document.parsed.problems.map((it) => `${it.path} ${it.message}`).join("; ");
  return { ok: false, why: `job "${document.name}" is invalid: ${problems}` };
}
