import type { MachineIdentity } from "../model/machine.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { Chance } from "../ports/chance.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { Log } from "../ports/log.ts";
import type { AgentStores } from "./agent-stores.ts";
import { type Claims, createClaims } from "./claims.ts";
import type { DatabaseHealth } from "./database-health.ts";
import { createExecution } from "./execution.ts";
import type { JobCatalog } from "./job-catalog.ts";
import type { Recorder } from "./job-plan.ts";
import { createLeadership } from "./leadership.ts";
import type { LiveConfig } from "./live-config.ts";
import { createPlanner, type Planner } from "./planner.ts";
import { createRunRegister, type RunRegister } from "./run-register.ts";
import type { RunWriter } from "./run-writer.ts";
import type { ServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";
import type { Slots } from "./slots.ts";
import { createTakeover } from "./takeover.ts";

export interface LifeDeps {
  readonly session: Session;
  readonly stores: AgentStores;
  readonly settings: FleetSettings;
  readonly identity: MachineIdentity;
  readonly catalog: JobCatalog;
  readonly writer: RunWriter;
  readonly slots: Slots;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly serverClock: ServerClock;
  readonly health: DatabaseHealth;
  readonly config: () => LiveConfig;
  readonly isStopping: () => boolean;
  /** Called when this session has become the leader. */
  readonly onLeading: () => void;
  readonly log: Log;
}

/** Everything that belongs to one session and is forgotten with it. */
export interface Life {
  readonly session: Session;
  readonly register: RunRegister;
  readonly claims: Claims;
  /** Who makes records in this session, for the fleet. */
  readonly recorder: Recorder;
  isLeader(): boolean;
  /** Those whose jobs this agent settles at present. */
  planners(): readonly Planner[];
  /** One look at the fleet: who lives, who leads, which runs need somebody. @throws {StoreUnavailableError} */
  scan(): Promise<void>;
}

export function createLife(deps: LifeDeps): Life {
  const { session, stores, identity, catalog } = deps;
  const register = createRunRegister();
  session.over.addEventListener("abort", () => register.stopAll("abandon"), { once: true });
  const execution = createExecution({ ...deps, register, jobHealth: stores.jobHealth });
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

  const planning = {
    ...deps,
    claims,
    claimStore: stores.claims,
    revisions: stores.revisions,
    catalog,
    fleetZone: deps.settings.zone,
    events: stores.events,
  };
  const recorder: Recorder = { session, machineId: identity.machineId, scope: undefined };
  const ofFleet = createPlanner({ ...planning, runOn: "leader", by: recorder, cursors: stores.fleetCursors });
  const ofMachine = createPlanner({
    ...planning,
    runOn: "all",
    by: { ...recorder, scope: identity.machineId },
    cursors: stores.machineCursors,
  });

  let wasLeader = false;
  function noteLeading(isLeader: boolean): void {
    if (isLeader && !wasLeader) {
      ofFleet.forget();
      deps.onLeading();
    }
    wasLeader = isLeader;
  }

  return {
    session,
    register,
    claims,
    recorder,
    isLeader: () => leadership.isLeader(),
    planners: () => (leadership.isLeader() ? [ofFleet, ofMachine] : [ofMachine]),
    async scan() {
      await leadership.scan();
      noteLeading(leadership.isLeader());
      if (deps.isStopping() || !session.isTrusted()) return;
      if (leadership.isLeader()) await takeover.handOut(session);
      await takeover.takeOwn(session);
    },
  };
}
