import { MongoClient, type ObjectId } from "mongodb";
import { type FleetDatabase, openDatabase } from "../../src/adapters/mongo/database.ts";
import type { RunDocument } from "../../src/adapters/mongo/documents/run-document.ts";
import { prepareDatabase } from "../../src/adapters/mongo/preparation.ts";
import { createEventReader } from "../../src/adapters/mongo/read-events.ts";
import { createJobPast } from "../../src/adapters/mongo/read-job-past.ts";
import { createRunHistory } from "../../src/adapters/mongo/read-run-history.ts";
import { createFleetStores } from "../../src/adapters/mongo/stores.ts";
import type { Command } from "../../src/model/command.ts";
import type { Job } from "../../src/model/job.ts";
import type { Parsed } from "../../src/model/problem.ts";
import type { EpochMs, MonotonicMs } from "../../src/model/time.ts";
import type { FleetStores } from "../../src/ports/fleet-stores.ts";
import type { Log } from "../../src/ports/log.ts";
import { createMemoryFleet } from "../support/memory/memory-fleet.ts";
import { createMemoryReaders, type MemoryReaders } from "../support/memory/readers.ts";
import { freshDatabase } from "../support/mongo.ts";

/** An empty fleet to try stores on. */
export interface World {
  /** The stores of one agent. */
  agent(): FleetStores;
  /** What people read of it. */
  readers(): MemoryReaders;
  putJob(document: Readonly<Record<string, unknown>>): Promise<void>;
  removeJob(id: unknown): Promise<void>;
  putCommand(document: Readonly<Record<string, unknown>>): Promise<void>;
  /** Why a run ended as it did. */
  reasonOf(run: string): Promise<string | undefined>;
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
    agent: () => fleet.stores(),
    readers: () => createMemoryReaders(fleet.state),
    putJob: async (document) => fleet.putJob(document),
    removeJob: async (id) => fleet.removeJob(id),
    putCommand: async (document) => fleet.putCommand(document),
    async reasonOf(run) {
      const record = fleet.state.runs.get(run);
      return record !== undefined && "end" in record ? record.end?.reason : undefined;
    },
    close: async () => {},
  };
}

async function openMongoWorld(): Promise<World> {
  const { client, database, dispose } = await openTestDatabase();
  await prepareDatabase(database.work);
  const db = client.db(database.dbName);
  const ofId = (id: unknown) => ({ _id: id }) as Record<string, unknown>;
  return {
    agent: () => mongoStores(database),
    readers: () => ({
      events: createEventReader(database.work),
      jobPast: createJobPast(database.work),
      runs: createRunHistory(database.work),
    }),
    putJob: async (document) => {
      await db.collection("jobs").replaceOne(ofId(document["_id"]), document, { upsert: true });
    },
    removeJob: async (id) => {
      await db.collection("jobs").deleteOne(ofId(id));
    },
    putCommand: async (document) => {
      await db.collection("commands").insertOne({ ...document });
    },
    async reasonOf(run) {
      const found = await db.collection<RunDocument>("job_runs").findOne({ _id: run });
      return found?.reason;
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

export function mongoStores(database: FleetDatabase): FleetStores {
  return createFleetStores({
    database,
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
