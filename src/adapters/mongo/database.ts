import { type Db, MongoClient, type MongoClientOptions, ReadConcern } from "mongodb";
import { StoreRefusedError } from "../../model/errors.ts";
import { SECOND_MS } from "../../model/time.ts";
import { createCausalChain } from "./causal-chain.ts";
import { createLane, type Lane } from "./lane.ts";
import { type PingResult, pingServer } from "./ping.ts";

export interface DatabaseOptions {
  /** A MongoDB connection string; may hold a password. */
  readonly uri: string;
  readonly dbName: string;
  /** How the connections are called in the server's log. */
  readonly appName: string;
  /** Longest wait for one operation; 10 s. */
  readonly deadlineMs?: number;
  /** Longest wait for one heartbeat or look at the serials; 3 s. */
  readonly heartbeatDeadlineMs?: number;
}

/** The fleet's database. Nothing is connected before the first operation, and every operation may fail by itself. */
export interface FleetDatabase {
  readonly dbName: string;
  /** `host:port` of the connection string, for messages. */
  readonly hosts: readonly string[];
  /** `host:port` of each server that the connection string has led to so far; none before the first operation. */
  members(): readonly string[];
  /** Serials and heartbeats: connections that no other work can occupy. */
  readonly heartbeats: Lane;
  /** All other operations. */
  readonly work: Lane;
  /** For change streams, which hold a connection for as long as they live. */
  readonly streams: Db;
  /** Whether MongoDB can be used, and if not, why in words for people. Never rejects. */
  ping(deadlineMs: number): Promise<PingResult>;
  /** Safe to repeat. */
  close(): Promise<void>;
}

const DEADLINE_MS = 10 * SECOND_MS;
const HEARTBEAT_DEADLINE_MS = 3 * SECOND_MS;
/** After the death of a primary a change stream stays silent for this long. */
const STREAM_SELECTION_MS = 5 * SECOND_MS;
/** Longer than a stream waits for changes, so that only a dead connection is given up. */
const STREAM_SOCKET_MS = 15 * SECOND_MS;

/**
 * Opens nothing yet: an unreachable server is told by the operations, not here.
 * @throws {StoreRefusedError} when the connection string itself can't be used
 */
export function openDatabase(options: DatabaseOptions): FleetDatabase {
  const { dbName } = options;
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const heartbeatDeadlineMs = options.heartbeatDeadlineMs ?? HEARTBEAT_DEADLINE_MS;
  const chain = createCausalChain();
  const workClient = createClient(options, clientOptions(deadlineMs, 20));
  const heartbeatClient = createClient(options, clientOptions(heartbeatDeadlineMs, 4));
  const streamClient = createClient(options, {
    ...clientOptions(STREAM_SELECTION_MS, 2),
    serverSelectionTimeoutMS: STREAM_SELECTION_MS,
    socketTimeoutMS: STREAM_SOCKET_MS,
  });
  const hosts = hostsOf(workClient);
  const members = new Set<string>();
  for (const client of [workClient, heartbeatClient, streamClient]) {
    client.on("topologyDescriptionChanged", ({ newDescription }) => {
      for (const server of newDescription.servers.keys()) members.add(server);
    });
  }
  return {
    dbName,
    hosts,
    members: () => [...members],
    heartbeats: createLane({ client: heartbeatClient, dbName, chain, deadlineMs: heartbeatDeadlineMs }),
    work: createLane({ client: workClient, dbName, chain, deadlineMs }),
    streams: streamClient.db(dbName, { readConcern: new ReadConcern("majority"), readPreference: "primary" }),
    ping: (pingDeadlineMs) =>
      pingServer({
        connect: () => createClient(options, clientOptions(pingDeadlineMs, 1)),
        dbName,
        hosts,
        deadlineMs: pingDeadlineMs,
      }),
    async close() {
      await Promise.all([workClient.close(), heartbeatClient.close(), streamClient.close()]);
    },
  };
}

function clientOptions(deadlineMs: number, maxPoolSize: number): MongoClientOptions {
  return {
    maxPoolSize,
    // Before the deadline, so that the error says what the monitors met.
    serverSelectionTimeoutMS: Math.ceil(deadlineMs * 0.8),
    connectTimeoutMS: deadlineMs,
    waitQueueTimeoutMS: deadlineMs,
    // A connection that gives no answer is not used again, so that silent ones can't fill the pool.
    socketTimeoutMS: deadlineMs,
    retryWrites: true,
    retryReads: true,
  };
}

function createClient({ uri, appName }: DatabaseOptions, options: MongoClientOptions): MongoClient {
  try {
    return new MongoClient(uri, { ...options, appName });
  } catch {
    // The driver's own words may quote the string, and with it a password: neither message nor cause is kept.
    const reason =
      "the connection string can't be read; it should look like mongodb://user:password@host:27017/?authSource=admin, " +
      "with special characters in user and password percent-encoded";
    throw new StoreRefusedError("open the database", reason, undefined);
  }
}

function hostsOf(client: MongoClient): readonly string[] {
  const { srvHost, hosts } = client.options;
  return srvHost === undefined ? hosts.map(String) : [srvHost];
}
