import type { JobId, RunOn } from "../model/job.ts";
import type { Member, SessionId } from "../model/member.ts";
import { ANYWHERE, type Where } from "../model/where.ts";
import { isEligible } from "./eligible.ts";
import { createRendezvous, type Rendezvous } from "./rendezvous.ts";

/** What decides whose a job is. */
export interface SharedJob {
  readonly id: JobId;
  readonly runOn: Exclude<RunOn, "all">;
  readonly where: Where;
}

/** Whose each job is. Who goes by the same members and leader comes to the same answer; who does not wastes work alone. */
export interface Shares {
  /** Who does this job's rounds; `undefined`: no member may begin its runs. */
  ownerOf(job: SharedJob): Member | undefined;
  /** Who else may begin its runs when the owner did not: another than the owner if there is one. */
  standInFor(job: SharedJob): Member | undefined;
}

/**
 * The leader owns what runs on the leader, or the lowest serial that may begin it when the leader may not. What runs on
 * any is spread by rendezvous over machines, so a machine that restarts gets its former jobs, and when one comes or
 * goes the others keep theirs.
 */
export function createShares(leader: SessionId | null, members: readonly Member[]): Shares {
  const eligible = new Map<string, Eligible>();

  function eligibleFor(where: Where): Eligible {
    const key = isAnywhere(where) ? "" : JSON.stringify(where);
    const known = eligible.get(key);
    if (known !== undefined) return known;
    const found = members.filter((it) => isEligible(where, it)).sort((a, b) => a.serial - b.serial);
    const fresh = { members: found, rendezvous: createRendezvous(found, (it) => it.machineId) };
    eligible.set(key, fresh);
    return fresh;
  }

  function ownerOf({ id, runOn, where }: SharedJob): Member | undefined {
    const { members: found, rendezvous } = eligibleFor(where);
    if (runOn === "any") return rendezvous.pick(id);
    return found.find((it) => it.session === leader) ?? found[0];
  }

  return {
    ownerOf,
    standInFor(job) {
      const owner = ownerOf(job);
      const others = eligibleFor(job.where).members.filter((it) => it.session !== owner?.session);
      return createRendezvous(others, (it) => it.machineId).pick(job.id) ?? owner;
    },
  };
}

interface Eligible {
  /** Lowest serial first. */
  readonly members: readonly Member[];
  readonly rendezvous: Rendezvous<Member>;
}

function isAnywhere(where: Where): boolean {
  if (where === ANYWHERE) return true;
  const { labels, hostnames, machineIds, serials } = where;
  return hostnames.length + machineIds.length + serials.length === 0 && Object.keys(labels).length === 0;
}
