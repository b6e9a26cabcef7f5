import { BSON } from "mongodb";
import { idText } from "../../../src/adapters/mongo/bson-exact.ts";
import type { ParseCommand } from "../../../src/adapters/mongo/command-store.ts";
import type { ParseJob } from "../../../src/adapters/mongo/job-content.ts";
import type { FleetStores } from "../../../src/adapters/mongo/stores.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import { createMemoryChanges, createMemoryCommandStore, createMemoryEventLog } from "./command-stores.ts";
import { type Faults, withFaults } from "./faults.ts";
import { createMemoryLeaderStore, createMemoryMachineStore, createMemorySettingsStore } from "./fleet-stores.ts";
import {
  createMemoryCursorStore,
  createMemoryJobHealthStore,
  createMemoryJobSource,
  createMemoryRevisionStore,
} from "./job-stores.ts";
import { createMemoryClaimStore, createMemoryRunStore, createMemoryTakeoverStore } from "./run-stores.ts";
import { createMemorySerialStore } from "./serial-store.ts";
import { createMemoryState, type MemoryState } from "./state.ts";

export interface MemoryFleetOptions {
  /** The clock of the database. */
  readonly serverNow: () => EpochMs;
  /** Unless given, every job and command is unreadable. */
  readonly parseJob?: ParseJob;
  readonly parseCommand?: ParseCommand;
}

/** A fleet's database in memory: the same answers as MongoDB's under the same conditions. */
export interface MemoryFleet {
  /** For tests to look at; change it only through the stores and the functions below. */
  readonly state: MemoryState;
  /** The stores of one agent; what goes wrong on its way to the database is its own. */
  stores(agent: { readonly machineId: MachineId; readonly faults?: Faults }): FleetStores;
  /** Inserts or replaces a job as a person would, `_id` included, and tells the listeners. */
  putJob(document: Readonly<Record<string, unknown>>): void;
  removeJob(id: unknown): void;
  putCommand(document: Readonly<Record<string, unknown>>): void;
}

export function createMemoryFleet({ serverNow, parseJob, parseCommand }: MemoryFleetOptions): MemoryFleet {
  const state = createMemoryState(serverNow);
  const tell = (collection: "jobs" | "commands") => {
    if (state.changesLive) for (const listener of state.listeners) listener(collection);
  };
  const readJob = parseJob ?? unreadable;
  const readCommand = parseCommand ?? unreadable;
  return {
    state,
    stores({ machineId, faults = {} }) {
      return {
        settings: withFaults("settings", createMemorySettingsStore(state), faults),
        serials: withFaults("serials", createMemorySerialStore(state), faults),
        leaders: withFaults("leaders", createMemoryLeaderStore(state), faults),
        machines: withFaults("machines", createMemoryMachineStore(state), faults),
        jobs: withFaults("jobs", createMemoryJobSource(state, readJob), faults),
        jobHealth: withFaults("jobHealth", createMemoryJobHealthStore(state), faults),
        revisions: withFaults("revisions", createMemoryRevisionStore(state), faults),
        fleetCursors: withFaults("fleetCursors", createMemoryCursorStore(state, undefined), faults),
        machineCursors: withFaults("machineCursors", createMemoryCursorStore(state, machineId), faults),
        claims: withFaults("claims", createMemoryClaimStore(state), faults),
        runs: withFaults("runs", createMemoryRunStore(state), faults),
        takeovers: withFaults("takeovers", createMemoryTakeoverStore(state), faults),
        commands: withFaults("commands", createMemoryCommandStore(state, readCommand), faults),
        events: withFaults("events", createMemoryEventLog(state), faults),
        changes: withFaults("changes", createMemoryChanges(state), faults),
        serverTime: withFaults("serverTime", { now: async () => state.serverNow() }, faults),
      };
    },
    putJob(document) {
      state.jobs.set(idText(document["_id"]), BSON.serialize(document));
      tell("jobs");
    },
    removeJob(id) {
      state.jobs.delete(idText(id));
      tell("jobs");
    },
    putCommand(document) {
      state.commands.set(idText(document["_id"]), BSON.serialize(document));
      tell("commands");
    },
  };
}

function unreadable(): { ok: false; problems: [{ path: ""; message: string; severity: "error" }] } {
  return { ok: false, problems: [{ path: "", message: "this test has no parser", severity: "error" }] };
}
