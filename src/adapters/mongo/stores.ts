import type { Chance } from "../../ports/chance.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FleetStores } from "../../ports/fleet-stores.ts";
import type { Log } from "../../ports/log.ts";
import { createChanges } from "./changes.ts";
import { createClaimStore } from "./claim-store.ts";
import { createCommandStore, type ParseCommand } from "./command-store.ts";
import { createFleetCursorStore, createMachineCursorStore } from "./cursor-store.ts";
import type { FleetDatabase } from "./database.ts";
import { createEventLog } from "./event-log.ts";
import { createJobHealthStore } from "./job-health-store.ts";
import type { ParseJob } from "./job-content.ts";
import { createJobSource } from "./job-source.ts";
import { createLeaderStore } from "./leader-store.ts";
import { createMachineStore } from "./machine-store.ts";
import { createPauseStore } from "./pause-store.ts";
import { createRevisionStore } from "./revision-store.ts";
import { createRunStore } from "./run-store.ts";
import { createSerialStore } from "./serial-store.ts";
import { createServerTime } from "./server-time.ts";
import { createSettingsStore } from "./settings-store.ts";
import { createTakeoverStore } from "./takeover-store.ts";

export interface StoresDeps {
  readonly database: FleetDatabase;
  readonly parseJob: ParseJob;
  readonly parseCommand: ParseCommand;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

export function createFleetStores({ database, parseJob, parseCommand, clock, chance, log }: StoresDeps): FleetStores {
  const { work, heartbeats, streams } = database;
  return {
    settings: createSettingsStore(work),
    serials: createSerialStore(heartbeats),
    leaders: createLeaderStore(work),
    machines: createMachineStore(work),
    jobs: createJobSource(work, parseJob),
    jobHealth: createJobHealthStore(work),
    pauses: createPauseStore(work),
    revisions: createRevisionStore(work, parseJob),
    fleetCursors: createFleetCursorStore(work),
    cursorsOf: (machine) => createMachineCursorStore(work, machine),
    claims: createClaimStore(work),
    runs: createRunStore(work),
    takeovers: createTakeoverStore(work),
    commands: createCommandStore(work, parseCommand),
    events: createEventLog(work, clock, (err) =>
      log.debug("events could not be stored", { event: "events_waiting", err }),
    ),
    changes: createChanges({ streams, clock, chance, log }),
    serverTime: createServerTime(work),
  };
}
