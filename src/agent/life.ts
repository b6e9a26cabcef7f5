import type { TokenCache } from "../chain/request/token-cache.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { Member, MemberTraits } from "../model/member.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { Chance } from "../ports/chance.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { Log } from "../ports/log.ts";
import type { FleetStores } from "../ports/fleet-stores.ts";
import type { Absentees } from "./absentees.ts";
import { type Claims, createClaims } from "./claims.ts";
import type { DatabaseHealth } from "./database-health.ts";
import { createExecution } from "./execution.ts";
import { createHandBack } from "./hand-back.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { Recorder } from "./job-plan.ts";
import { createLeadership } from "./leadership.ts";
import type { LiveConfig } from "./live-config.ts";
import type { Planner } from "./planner.ts";
import { createPlanning } from "./planning.ts";
import { createRunRegister, type RunRegister } from "./run-register.ts";
import type { RunWriter } from "./run-writer.ts";
import type { ServerClock } from "./server-clock.ts";
import { createSelf } from "./self.ts";
import type { Session } from "./session.ts";
import type { Slots } from "./slots.ts";
import { createTakeover } from "./takeover.ts";

export interface LifeDeps {
  readonly session: Session;
  readonly stores: FleetStores;
  readonly settings: FleetSettings;
  readonly identity: MachineIdentity;
  /** What this agent is like at present. */
  readonly traits: () => MemberTraits;
  readonly catalog: JobCatalog;
  readonly writer: RunWriter;
  readonly slots: Slots;
  readonly http: HttpClient;
  /** OAuth 2 tokens that this agent keeps. */
  readonly tokens: TokenCache;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly serverClock: ServerClock;
  readonly health: DatabaseHealth;
  readonly config: () => LiveConfig;
  readonly isStopping: () => boolean;
  /** Aborts when the agent is to stop. */
  readonly stopping: AbortSignal;
  /** Called when this session has become the leader. */
  readonly onLeading: () => void;
  /** Called when the jobs may be shared out otherwise than before. */
  readonly onShared: () => void;
  /** Called when a fresh reading of the jobs is wanted, and a round of the planners after it. */
  readonly onOldJobs: () => void;
  readonly log: Log;
}

/** Everything that belongs to one session and is forgotten with it. */
export interface Life {
  readonly session: Session;
  readonly register: RunRegister;
  readonly claims: Claims;
  /** Runs that have begun here and not ended. */
  readonly running: () => number;
  /** Who makes records in this session, for the fleet. */
  readonly recorder: Recorder;
  /** This agent as a member, as it is at present. */
  self(): Member;
  /** The live members as far as is known. */
  members(): readonly Member[];
  isLeader(): boolean;
  /** Those that settle the jobs of the fleet and of this machine. */
  readonly planners: readonly Planner[];
  readonly absentees: Absentees;
  /** One look at the fleet: who lives, who leads, which runs need somebody. @throws {StoreUnavailableError} */
  scan(): Promise<void>;
}

export function createLife(deps: LifeDeps): Life {
  const { session, stores, identity } = deps;
  const register = createRunRegister();
  session.over.addEventListener("abort", () => register.stopAll("abandon"), { once: true });
  const handBack = createHandBack({
    ...deps,
    serials: stores.serials,
    takeovers: stores.takeovers,
    events: stores.events,
  });
  const execution = createExecution({
    ...deps,
    register,
    handBack,
    isDraining: () => deps.traits().isDraining,
    jobHealth: stores.jobHealth,
    claimStore: stores.claims,
    takeovers: stores.takeovers,
    revisions: stores.revisions,
    fleetZone: deps.settings.zone,
  });
  const claims = createClaims({ ...deps, claims: stores.claims, execution, register });
  const leadership = createLeadership({
    ...deps,
    serials: stores.serials,
    leaders: stores.leaders,
    events: stores.events,
  });
  const takeover = createTakeover({
    ...deps,
    store: stores.takeovers,
    runs: stores.runs,
    serials: stores.serials,
    jobHealth: stores.jobHealth,
    register,
    execution,
    events: stores.events,
  });

  const recorder: Recorder = { session, machineId: identity.machineId, scope: undefined };
  const self = createSelf(deps);
  const planning = createPlanning({
    ...deps,
    fleetZone: deps.settings.zone,
    recorder,
    claims,
    self,
    leadership,
    events: stores.events,
  });

  let wasLeader = false;
  function noteLeading(): void {
    const isLeader = leadership.isLeader();
    if (isLeader && !wasLeader) deps.onLeading();
    wasLeader = isLeader;
  }

  return {
    session,
    register,
    claims,
    running: () => execution.underWay,
    recorder,
    self,
    members: () => leadership.standing().members,
    isLeader: () => leadership.isLeader(),
    planners: planning.planners,
    absentees: planning.absentees,
    async scan() {
      await leadership.scan();
      planning.noteStanding();
      noteLeading();
      execution.noteDraining();
      if (!session.isTrusted()) return;
      // Also while it stops, which may take long: until its session is over nobody else does it.
      if (leadership.isLeader()) await takeover.handOut(session);
      if (!deps.isStopping()) await takeover.takeOwn(session);
    },
  };
}
