import { BSON } from "mongodb";
import { distinctIdText, idText } from "../../../src/adapters/mongo/bson-exact.ts";
import type { ParseCommand } from "../../../src/adapters/mongo/command-store.ts";
import type { ParseJob } from "../../../src/adapters/mongo/job-content.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { FleetStores } from "../../../src/ports/fleet-stores.ts";
import { carried, type Carry } from "./carried.ts";
import { createMemoryChanges, createMemoryCommandStore, createMemoryEventLog } from "./command-stores.ts";
import { createMemoryLeaderStore, createMemoryMachineStore, createMemorySettingsStore } from "./fleet-stores.ts";
import {
  createMemoryCursorStore,
  createMemoryJobHealthStore,
  createMemoryJobSource,
  createMemoryPauseStore,
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
  stores(carry?: Carry): FleetStores;
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
    stores(carry = direct) {
      return {
        settings: carried("settings", createMemorySettingsStore(state), carry),
        serials: carried("serials", createMemorySerialStore(state), carry),
        leaders: carried("leaders", createMemoryLeaderStore(state), carry),
        machines: carried("machines", createMemoryMachineStore(state), carry),
        jobs: carried("jobs", createMemoryJobSource(state, readJob), carry),
        jobHealth: carried("jobHealth", createMemoryJobHealthStore(state), carry),
        pauses: carried("pauses", createMemoryPauseStore(state), carry),
        revisions: carried("revisions", createMemoryRevisionStore(state), carry),
        fleetCursors: carried("fleetCursors", createMemoryCursorStore(state, undefined), carry),
        cursorsOf: (machine) => carried("machineCursors", createMemoryCursorStore(state, machine), carry),
        claims: carried("claims", createMemoryClaimStore(state), carry),
        runs: carried("runs", createMemoryRunStore(state), carry),
        takeovers: carried("takeovers", createMemoryTakeoverStore(state), carry),
        commands: carried("commands", createMemoryCommandStore(state, readCommand), carry),
        events: carried("events", createMemoryEventLog(state), carry),
        changes: carried("changes", createMemoryChanges(state), carry),
        serverTime: carried("serverTime", { now: async () => state.serverNow() }, carry),
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
      state.commands.set(distinctIdText(document["_id"]), BSON.serialize(document));
      tell("commands");
    },
  };
}

const direct: Carry = (_operation, act) => act();

function unreadable(): { ok: false; problems: [{ path: ""; message: string; severity: "error" }] } {
  return { ok: false, problems: [{ path: "", message: "this test has no parser", severity: "error" }] };
}
