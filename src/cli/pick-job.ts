import { EXIT, ExitError } from "../model/errors.ts";
import type { JobDocument, JobSource } from "../ports/job-source.ts";
import { findJob, type Named } from "../query/find-job.ts";
import { visible } from "./print/visible.ts";

/**
 * The job that a person named by id or name.
 * @throws {ExitError} 3 with the nearest names when there is none, 6 with the ids when several have that name
 */
export async function pickJob(jobs: JobSource, idOrName: string): Promise<JobDocument> {
  return pickAmong(await jobs.readAll(), idOrName, "`fleetcron job list` shows the names.");
}

/**
 * The same among jobs that are at hand.
 * @param otherwise what to do when no name is near
 */
export function pickAmong<Job extends Named>(jobs: readonly Job[], idOrName: string, otherwise?: string): Job {
  const match = findJob(jobs, idOrName);
  switch (match.outcome) {
    case "found":
      return match.job;
    case "ambiguous":
      throw new ExitError(
        EXIT.conflict,
        `${match.ids.length} jobs are named "${visible(idOrName)}": ${match.ids.map(visible).join(", ")}`,
        "Name one of them by its id.",
      );
    case "none":
      throw new ExitError(
        EXIT.notFound,
        `no job has the name or id "${visible(idOrName)}"`,
        suggestion(match.near) ?? otherwise,
      );
  }
}

/** `Did you mean "a" or "b"?`, or nothing when no name is near. */
export function suggestion(near: readonly string[]): string | undefined {
  return near.length === 0 ? undefined : `Did you mean ${near.map((it) => `"${visible(it)}"`).join(" or ")}?`;
}
