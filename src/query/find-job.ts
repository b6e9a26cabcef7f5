import { nearNames } from "./near-names.ts";

/** What a job is called by. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

export type JobMatch<Job extends Named> =
  | { readonly outcome: "found"; readonly job: Job }
  | { readonly outcome: "ambiguous"; readonly ids: readonly string[] }
  | { readonly outcome: "none"; readonly near: readonly string[] };

/** The job that a person means: exactly by id, else exactly by name. A name that several jobs have is no answer. */
export function findJob<Job extends Named>(jobs: readonly Job[], idOrName: string): JobMatch<Job> {
  const byId = jobs.find((it) => it.id === idOrName);
  if (byId !== undefined) return { outcome: "found", job: byId };
  const named = jobs.filter((it) => it.name === idOrName);
  const [only] = named;
  if (only !== undefined && named.length === 1) return { outcome: "found", job: only };
  if (named.length > 1) return { outcome: "ambiguous", ids: named.map((it) => it.id) };
  return {
    outcome: "none",
    near: nearNames(
      idOrName,
      jobs.map((it) => it.name),
    ),
  };
}
