import { MongoClient, type ObjectId } from "mongodb";
import { type FleetDatabase, openDatabase } from "../../src/adapters/mongo/database.ts";
import { prepareDatabase } from "../../src/adapters/mongo/preparation.ts";
import { createFleetStores, type FleetStores } from "../../src/adapters/mongo/stores.ts";
import type { Command } from "../../src/model/command.ts";
import type { Job } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import type { Parsed } from "../../src/model/problem.ts";
import type { EpochMs, MonotonicMs } from "../../src/model/time.ts";
import type { Log } from "../../src/ports/log.ts";
import { createMemoryFleet } from "../support/memory/memory-fleet.ts";
import { freshDatabase } from "../support/mongo.ts";

/** An empty fleet to try stores on. */
export interface World {
  /** The stores of one agent. */
  agent(machineId?: string): FleetStores;
  putJob(document: Readonly<Record<string, unknown>>): Promise<void>;
  removeJob(id: unknown): Promise<void>;
  putCommand(document: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

export const WORLDS: readonly { readonly name: string; readonly open: () => Promise<World> }[] = [
  { name: "memory", open: openMemoryWorld },
  { name: "MongoDB", open: openMongoWorld },
];

/** Shows what a parser was given; every job and command is valid. */
const parseJob = (document: unknown): Parsed<Job> => ({ ok: true, value: document as Job, warnings: [] });
const parseCommand = (document: unknown): Parsed<Command> => ({
  ok: true,
  value: document as Command,
  warnings: [],
});

async function openMemoryWorld(): Promise<World> {
  const fleet = createMemoryFleet({ serverNow: () => Date.now() as EpochMs, parseJob, parseCommand });
  return {
    agent: (machineId = "machine-1") => fleet.stores({ machineId: machineId as MachineId }),
    putJob: async (document) => fleet.putJob(document),
    removeJob: async (id) => fleet.removeJob(id),
    putCommand: async (document) => fleet.putCommand(document),
    close: async () => {},
  };
}

async function openMongoWorld(): Promise<World> {
  const { client, database, dispose } = await openTestDatabase();
  await prepareDatabase(database.work);
  const db = client.db(database.dbName);
  const ofId = (id: unknown) => ({ _id: id }) as Record<string, unknown>;
  return {
    agent: (machineId = "machine-1") => mongoStores(database, machineId),
    putJob: async (document) => {
      await db.collection("jobs").replaceOne(ofId(document["_id"]), document, { upsert: true });
    },
    removeJob: async (id) => {
      await db.collection("jobs").deleteOne(ofId(id));
    },
    putCommand: async (document) => {
      await db.collection("commands").insertOne({ ...document });
    },
    close: dispose,
  };
}

export interface TestDatabase {
  readonly client: MongoClient;
  readonly database: FleetDatabase;
  readonly dispose: () => Promise<void>;
}

/** A document of which a test knows the id. */
export interface LooseDocument {
  _id: string | ObjectId;
  [field: string]: unknown;
}

/** A database of its own, and a plain client beside it to look at documents with. */
export async function openTestDatabase(adapt = (uri: string) => uri): Promise<TestDatabase> {
  const { uri, dbName } = freshDatabase("stores");
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  const database = openDatabase({ uri: adapt(uri), dbName, appName: "conformance" });
  return {
    client,
    database,
    async dispose() {
      await client.db(dbName).dropDatabase();
      await Promise.all([client.close(), database.close()]);
    },
  };
}

export function mongoStores(database: FleetDatabase, machineId: string): FleetStores {
  return createFleetStores({
    database,
    machineId: machineId as MachineId,
    parseJob,
    parseCommand,
    clock: {
      wallNow: () => Date.now() as EpochMs,
      monotonicNow: () => performance.now() as MonotonicMs,
      sleep: (durationMs, signal) =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, durationMs);
          signal?.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
        }),
    },
    chance: { uuid: () => crypto.randomUUID(), fraction: () => 0.5 },
    log: silentLog,
  });
}

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
