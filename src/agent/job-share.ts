import { isEligible, matches, whyNobody } from "../membership/eligible.ts";
import { createShares, type Shares } from "../membership/shares.ts";
import type { Job, JobId } from "../model/job.ts";
import type { Member } from "../model/member.ts";
import type { Clock } from "../ports/clock.ts";
import type { FleetStanding } from "./leadership.ts";
import type { WantedJob } from "./wanted-jobs.ts";

/** Longest stretch of sharing out before other work of this process gets its turn. */
const BUSY_MS_MAX = 20;
/** Jobs between two looks at the clock. */
const LOOK_EVERY = 256;

/** Where an occurrence that is to be run goes. */
export type RunPlace =
  | { readonly kind: "here" }
  /** It becomes the run of another member. */
  | { readonly kind: "elsewhere"; readonly member: Member }
  /** Nobody may begin it: it is recorded so. */
  | { readonly kind: "nowhere"; readonly status: "missed" | "skipped"; readonly reason: string };

/** What of the jobs of one kind is this agent's part. The same object while nothing in it has changed. */
export interface JobShare {
  /** Its own: it looks after them as soon as they are due. */
  readonly mine: ReadonlyMap<JobId, WantedJob>;
  /** Every job of the kind. */
  readonly all: ReadonlyMap<JobId, WantedJob>;
  /** It also does what others leave open, and ends the cursors of every job that is gone. */
  readonly sweeps: boolean;
  /** Where the runs of a job go that this agent settles at this moment. */
  placeOf(job: Job): RunPlace;
}

/** The share of one agent in one kind of jobs, as of this moment. */
export type CurrentShare = () => Promise<JobShare>;

export interface FleetShareDeps {
  readonly wanted: () => Promise<ReadonlyMap<JobId, WantedJob>>;
  /** This agent as a member, as it is at present; the same object while nothing in it has changed. */
  readonly self: () => Member;
  readonly standing: () => FleetStanding;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
}

interface Grounds {
  readonly wanted: ReadonlyMap<JobId, WantedJob>;
  readonly self: Member;
  readonly standing: FleetStanding;
  readonly sweeps: boolean;
}

/** The share in the jobs that run once in the fleet: every agent works out its own from the published view. */
export function createFleetShare({ wanted, self, standing, isLeader, clock }: FleetShareDeps): CurrentShare {
  let made: { readonly from: Grounds; readonly share: JobShare } | undefined;

  /** With 10^5 jobs and 10^3 members this takes a while; heartbeats come first. */
  async function minesOf(shares: Shares, { wanted: all, self: own }: Grounds): Promise<Map<JobId, WantedJob>> {
    const mine = new Map<JobId, WantedJob>();
    let looked = 0;
    let busySince = clock.monotonicNow();
    for (const [id, wantedJob] of all) {
      if (ownerOf(shares, wantedJob.job)?.session === own.session) mine.set(id, wantedJob);
      if (++looked % LOOK_EVERY !== 0 || clock.monotonicNow() - busySince < BUSY_MS_MAX) continue;
      await clock.sleep(0);
      busySince = clock.monotonicNow();
    }
    return mine;
  }

  return async () => {
    const from: Grounds = { wanted: await wanted(), self: self(), standing: standing(), sweeps: isLeader() };
    if (made !== undefined && isSame(made.from, from)) return made.share;
    // What this agent knows of itself is fresher than what was published.
    const members = from.standing.members.map((it) => (it.session === from.self.session ? from.self : it));
    const shares = createShares(from.standing.leader, members);
    const mine = await minesOf(shares, from);
    const share: JobShare = {
      mine,
      all: from.wanted,
      sweeps: from.sweeps,
      placeOf: (job) => placeOf(job, mine.has(job.id), shares, members, from.self),
    };
    made = { from, share };
    return share;
  };
}

function placeOf(job: Job, isMine: boolean, shares: Shares, members: readonly Member[], self: Member): RunPlace {
  // Settled for the fleet, since no machine has it for its own: also when one that matches has just come.
  if (job.runOn === "all") return { kind: "nowhere", status: "missed", reason: whyNobodyYet(job, members) };
  if (isMine || isEligible(job.where, self)) return { kind: "here" };
  const member = shares.standInFor({ ...job, runOn: job.runOn });
  if (member !== undefined) return { kind: "elsewhere", member };
  return { kind: "nowhere", status: "missed", reason: whyNobody(job.where, members) };
}

function whyNobodyYet({ where }: Job, members: readonly Member[]): string {
  if (!members.some((it) => matches(where, it))) return whyNobody(where, members);
  return "no machine that matches the job's where had joined the fleet yet";
}

function ownerOf(shares: Shares, job: Job): Member | undefined {
  return job.runOn === "all" ? undefined : shares.ownerOf({ id: job.id, runOn: job.runOn, where: job.where });
}

function isSame(a: Grounds, b: Grounds): boolean {
  return (
    a.wanted === b.wanted &&
    a.self === b.self &&
    a.sweeps === b.sweeps &&
    a.standing.leader === b.standing.leader &&
    a.standing.members === b.standing.members
  );
}

/** The share in the jobs that run on every machine: this machine's are all its own. */
export function createMachineShare(
  wanted: () => Promise<ReadonlyMap<JobId, WantedJob>>,
  self: () => Member,
): CurrentShare {
  let made: JobShare | undefined;
  function placeHere(): RunPlace {
    const { isDraining, machineId } = self();
    if (!isDraining) return { kind: "here" };
    const reason = `this machine is draining; end it with: fleetcron machine undrain ${machineId}`;
    return { kind: "nowhere", status: "skipped", reason };
  }
  return async () => {
    const all = await wanted();
    if (made?.all !== all) made = { mine: all, all, sweeps: true, placeOf: placeHere };
    return made;
  };
}
