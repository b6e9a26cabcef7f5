import { setTimeout as pause } from "node:timers/promises";
import { type Db, MongoClient, MongoError, MongoServerError } from "mongodb";
import { whyUnreachable } from "./reach-host.ts";

export const SET_NAME = "fleetcron";
const POLL_MS = 50;
const ANSWER_MS_MAX = 2_000;
/** A mongod whose former port another program has asks that one for half a minute whether it is itself. */
const COMMAND_MS_MAX = 90_000;

export function embeddedUri(port: number): string {
  return `mongodb://127.0.0.1:${port}/?replicaSet=${SET_NAME}&directConnection=true`;
}

/** Asks the mongod at a port of this machine, whatever state its replica set is in. */
export async function askMongod<T>(port: number, ask: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: ANSWER_MS_MAX,
    connectTimeoutMS: ANSWER_MS_MAX,
    socketTimeoutMS: COMMAND_MS_MAX,
    maxPoolSize: 1,
    retryReads: false,
  });
  try {
    return await ask(client.db("admin"));
  } finally {
    await client.close().catch(() => {});
  }
}

/** Whether the mongod that answers keeps the data of this folder. A port alone says nothing: any program may have it. */
export async function keepsData(admin: Db, dbPath: string): Promise<boolean> {
  try {
    const options = await admin.command({ getCmdLineOpts: 1 });
    const { storage, replication } = options["parsed"];
    return storage?.dbPath === dbPath && replication?.replSet === SET_NAME;
  } catch (err) {
    if (err instanceof MongoServerError) return false;
    throw err;
  }
}

/**
 * Makes the mongod a replica set of one, if it is none, tells it its present port, and waits until it takes writes.
 * A mongod with other data than those in `dbPath` is left alone. The signal ends the wait with its reason.
 */
export async function becomePrimary(port: number, dbPath: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    await untilListening(port, signal);
    try {
      if (await askMongod(port, (admin) => lead(admin, port, dbPath, signal))) return;
    } catch (err) {
      signal.throwIfAborted();
      if (!isInterrupted(err)) throw err;
    }
    await pause(POLL_MS);
  }
}

/** A mongod closes its connections when it finds that it is in no set, and when it changes its state. */
function isInterrupted(err: unknown): boolean {
  return err instanceof MongoServerError ? String(err.codeName).startsWith("Interrupted") : err instanceof MongoError;
}

async function lead(admin: Db, port: number, dbPath: string, signal: AbortSignal): Promise<boolean> {
  if (!(await keepsData(admin, dbPath))) return false;
  const host = `127.0.0.1:${port}`;
  if ((await readConfig(admin)) === undefined) await initiate(admin, host);
  const config = await readConfig(admin);
  if (config !== undefined && config.members[0]?.host !== host) await moveMember(admin, config, host);
  for (;;) {
    signal.throwIfAborted();
    const hello = await admin.command({ hello: 1 });
    if (hello["isWritablePrimary"] === true) return true;
    await pause(POLL_MS);
  }
}

async function untilListening(port: number, signal: AbortSignal): Promise<void> {
  // The driver would wait out its whole selection time for a port that nobody has opened yet.
  while ((await whyUnreachable("127.0.0.1", port, ANSWER_MS_MAX)) !== undefined) {
    signal.throwIfAborted();
    await pause(POLL_MS);
  }
}

interface SetConfig {
  readonly version: number;
  readonly members: readonly { readonly host: string }[];
}

/** What the data say of the set; `undefined` for a first start, and as long as they are not read. */
async function readConfig(admin: Db): Promise<SetConfig | undefined> {
  try {
    const answer = await admin.command({ replSetGetConfig: 1 });
    return answer["config"] as SetConfig;
  } catch (err) {
    if (err instanceof MongoServerError && err.codeName === "NotYetInitialized") return undefined;
    throw err;
  }
}

/** A mongod that is still reading its data answers when it has. */
async function initiate(admin: Db, host: string): Promise<void> {
  try {
    await admin.command({ replSetInitiate: { _id: SET_NAME, members: [{ _id: 0, host }] } });
  } catch (err) {
    if (!(err instanceof MongoServerError && err.codeName === "AlreadyInitialized")) throw err;
  }
}

/** A member that finds another port than its own in the configuration belongs to no set; only force puts it back. */
async function moveMember(admin: Db, config: SetConfig, host: string): Promise<void> {
  const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host }] };
  await admin.command({ replSetReconfig: moved, force: true });
}
