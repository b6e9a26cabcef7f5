import type { Chance } from "../../ports/chance.ts";
import type { Changes } from "../../ports/changes.ts";
import type { ClaimStore } from "../../ports/claim-store.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CommandStore } from "../../ports/command-store.ts";
import type { CursorStore } from "../../ports/cursor-store.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { JobHealthStore } from "../../ports/job-health-store.ts";
import type { JobSource } from "../../ports/job-source.ts";
import type { LeaderStore } from "../../ports/leader-store.ts";
import type { Log } from "../../ports/log.ts";
import type { MachineStore } from "../../ports/machine-store.ts";
import type { RevisionStore } from "../../ports/revision-store.ts";
import type { RunStore, TakeoverStore } from "../../ports/run-store.ts";
import type { SerialStore } from "../../ports/serial-store.ts";
import type { ServerTime } from "../../ports/server-time.ts";
import type { SettingsStore } from "../../ports/settings-store.ts";
import type { MachineId } from "../../model/machine.ts";
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
import { createRevisionStore } from "./revision-store.ts";
import { createRunStore } from "./run-store.ts";
import { createSerialStore } from "./serial-store.ts";
import { createServerTime } from "./server-time.ts";
import { createSettingsStore } from "./settings-store.ts";
import { createTakeoverStore } from "./takeover-store.ts";

/** Every store that an agent needs, on one database. */
export interface FleetStores {
  readonly settings: SettingsStore;
  readonly serials: SerialStore;
  readonly leaders: LeaderStore;
  readonly machines: MachineStore;
  readonly jobs: JobSource;
  readonly jobHealth: JobHealthStore;
  readonly revisions: RevisionStore;
  readonly fleetCursors: CursorStore;
  readonly machineCursors: CursorStore;
  readonly claims: ClaimStore;
  readonly runs: RunStore;
  readonly takeovers: TakeoverStore;
  readonly commands: CommandStore;
  readonly events: EventLog;
  readonly changes: Changes;
  readonly serverTime: ServerTime;
}

export interface StoresDeps {
  readonly database: FleetDatabase;
  /** Whose cursors `machineCursors` are. */
  readonly machineId: MachineId;
  readonly parseJob: ParseJob;
  readonly parseCommand: ParseCommand;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

export function createFleetStores({
  database,
  machineId,
  parseJob,
  parseCommand,
  clock,
  chance,
  log,
}: StoresDeps): FleetStores {
  const { work, heartbeats, streams } = database;
  return {
    settings: createSettingsStore(work),
    serials: createSerialStore(heartbeats),
    leaders: createLeaderStore(work),
    machines: createMachineStore(work),
    jobs: createJobSource(work, parseJob),
    jobHealth: createJobHealthStore(work),
    revisions: createRevisionStore(work, parseJob),
    fleetCursors: createFleetCursorStore(work),
    machineCursors: createMachineCursorStore(work, machineId),
    claims: createClaimStore(work),
    runs: createRunStore(work),
    takeovers: createTakeoverStore(work),
    commands: createCommandStore(work, parseCommand),
    events: createEventLog(work, (err) => log.debug("events could not be stored", { event: "events_waiting", err })),
    changes: createChanges({ streams, clock, chance, log }),
    serverTime: createServerTime(work),
  };
}
