import { isEligible, whyNobody } from "../membership/eligible.ts";
import { pickByRendezvous } from "../membership/rendezvous.ts";
import type { Job } from "../model/job.ts";
import type { Member } from "../model/member.ts";
import type { Run } from "../model/run.ts";
import { ANYWHERE } from "../model/where.ts";

/**
 * Who goes on with a run whose owner is gone: its own machine if it belongs to one, else one that its job may run on
 * and that does not drain. A job that is not known any more goes to anybody, who ends the run.
 */
export function heirOf(
  run: Pick<Run, "id" | "scope">,
  job: Pick<Job, "where"> | undefined,
  living: readonly Member[],
): Member | undefined {
  if (run.scope !== undefined) return living.find((it) => it.machineId === run.scope);
  const eligible = job === undefined ? living : living.filter((it) => isEligible(job.where, it));
  return pickByRendezvous(run.id, eligible, (it) => it.session);
}

/** Why nobody goes on with a run, in plain words. */
export function whyNoHeir(
  run: Pick<Run, "scope">,
  job: Pick<Job, "where"> | undefined,
  living: readonly Member[],
): string {
  const waited = "its agent stopped or died, and within the catch-up window";
  if (run.scope !== undefined) return `${waited} its machine did not come back`;
  return `${waited} nobody could go on with it: ${whyNobody(job?.where ?? ANYWHERE, living)}`;
}
