import { matches } from "../membership/eligible.ts";
import type { Job } from "../model/job.ts";
import type { Member } from "../model/member.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { FleetStores } from "../ports/fleet-stores.ts";
import type { Log } from "../ports/log.ts";
import { type Absentees, createAbsentees } from "./absentees.ts";
import type { Claims } from "./claims.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { Recorder } from "./job-plan.ts";
import { createFleetShare, createMachineShare } from "./job-share.ts";
import type { Leadership } from "./leadership.ts";
import { createPlanner, type Planner } from "./planner.ts";
import type { ServerClock } from "./server-clock.ts";
import { createUnmatchedJobs } from "./unmatched-jobs.ts";
import { createWantedJobs } from "./wanted-jobs.ts";

export interface PlanningDeps {
  readonly stores: FleetStores;
  readonly catalog: JobCatalog;
  readonly fleetZone: string;
  readonly recorder: Recorder;
  readonly claims: Claims;
  readonly self: () => Member;
  readonly leadership: Pick<Leadership, "isLeader" | "standing">;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly events: EventLog;
  readonly log: Log;
  /** Called when the jobs may be shared out otherwise than before. */
  readonly onShared: () => void;
  /** Called when a fresh reading of the jobs is wanted, and a round after it. */
  readonly onOldJobs: () => void;
}

/** How one session sees to it that due occurrences get their records: its share of the fleet's, and its machine's own. */
export interface Planning {
  readonly planners: readonly Planner[];
  readonly absentees: Absentees;
  /** After each look at the fleet. */
  noteStanding(): void;
}

export function createPlanning(deps: PlanningDeps): Planning {
  const { stores, catalog, fleetZone, recorder, self, leadership, clock, onShared } = deps;
  const common = { ...deps, claimStore: stores.claims, revisions: stores.revisions };
  const isLeader = () => leadership.isLeader();
  const wantedBy = (choice: () => (job: Job) => boolean) => createWantedJobs({ catalog, fleetZone, choice, clock });
  const unmatched = createUnmatchedJobs({
    ...deps,
    machines: stores.machines,
    members: () => leadership.standing().members,
    isLeader,
  });
  const wantedOfFleet = wantedBy(ofFleetOr(() => unmatched.choice()));
  const fleetShare = createFleetShare({
    wanted: wantedOfFleet,
    self,
    standing: () => leadership.standing(),
    isLeader,
    clock,
  });
  const ofFleet = createPlanner({
    ...common,
    async share() {
      await unmatched.look();
      return fleetShare();
    },
    by: recorder,
    cursors: stores.fleetCursors,
  });
  const ofMachine = createPlanner({
    ...common,
    share: createMachineShare(wantedBy(choiceOf(self)), self),
    by: { ...recorder, scope: recorder.machineId },
    cursors: stores.cursorsOf(recorder.machineId),
  });
  const absentees = createAbsentees({
    ...common,
    by: recorder,
    machines: stores.machines,
    serials: stores.serials,
    cursorsOf: (machine) => stores.cursorsOf(machine),
    isLeader,
  });

  let wasLeader = false;
  let sharedBy: readonly unknown[] = [];
  return {
    planners: [ofFleet, ofMachine],
    absentees,
    noteStanding() {
      // What a former leader left is known from the database alone.
      if (isLeader() && !wasLeader) ofFleet.forget();
      wasLeader = isLeader();
      const { leader, members } = leadership.standing();
      const grounds = [leader, members, self()];
      if (grounds.some((it, index) => it !== sharedBy[index])) onShared();
      sharedBy = grounds;
    },
  };
}

/** Tells the jobs that are settled for the fleet: those that run once in it, and those that nobody may run. */
function ofFleetOr(choice: () => (job: Job) => boolean): () => (job: Job) => boolean {
  let chosenBy = choice();
  let choose = (job: Job) => job.runOn !== "all" || chosenBy(job);
  return () => {
    const fresh = choice();
    if (fresh !== chosenBy) choose = (job) => job.runOn !== "all" || fresh(job);
    chosenBy = fresh;
    return choose;
  };
}

/** Tells the jobs that run on every machine and also on this one; another function when this one is another. */
function choiceOf(self: () => Member): () => (job: Job) => boolean {
  let chosenFor: Member | undefined;
  let choose: (job: Job) => boolean = () => false;
  return () => {
    const machine = self();
    if (machine !== chosenFor) choose = ({ runOn, where }) => runOn === "all" && matches(where, machine);
    chosenFor = machine;
    return choose;
  };
}
