import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Db, type Document, MongoClient, type ObjectId } from "mongodb";
import type { TestContext } from "vitest";
import {
  type AgentProcess,
  type ProcessEnd,
  runProgram,
  startAgentProcess,
  type Surroundings,
} from "../support/agent-process.ts";
import { eventually } from "../support/eventually.ts";
import { freshDatabase, type TestDatabase } from "../support/mongo.ts";
import { startTarget, type Target } from "../support/target.ts";

/** A short lease: every bound of the design shrinks with it. */
const LEASE = { heartbeat_sec: 0.5, ttl_sec: 3, guard_sec: 0.5 };
const TTL_MS = LEASE.ttl_sec * 1_000;
const SCAN_MS = TTL_MS / 6;
/** Promise 5 of the design: within this a dead agent's run goes on with another. */
export const TAKEOVER_MS_MAX = TTL_MS + 2 * SCAN_MS + 1_000;
/** And one scan more when the leader hands it to a third. */
export const HANDED_ON_MS_MAX = TAKEOVER_MS_MAX + SCAN_MS;
/** Longer than a silent session lives. */
export const LONGER_THAN_TTL_MS = TTL_MS + 4 * SCAN_MS;

const STEP_MS_MAX = 20_000;

/** A document of `job_runs`, as far as tests look at it. */
export interface RunRow extends Document {
  readonly _id: string;
  readonly status: string;
  readonly reason?: string;
  readonly claimed_by?: string;
  readonly takeovers?: number;
  readonly scheduled_for: Date;
  readonly steps?: readonly { readonly status: string; readonly attempts: number; readonly response_sample?: string }[];
}

interface Ack {
  readonly key: string;
  readonly status: string;
  readonly result: string;
  readonly machine_id: string | null;
}

export interface FleetOptions {
  /** Of a server of the test's own; the shared one when left out. */
  readonly database?: TestDatabase;
  /** Laid over the config of every agent. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the target listens; 127.0.0.1 when left out. */
  readonly targetHost?: string;
}

/** A fleet of real agents on a database of its own, with a target to send to; gone when its test has ended. */
export interface Fleet {
  readonly db: Db;
  readonly target: Target;
  /** @param home of an agent before it; a new one when left out */
  startAgent(home?: string, surroundings?: Surroundings): Promise<AgentProcess>;
  /** Started together; each has joined, and the fleet knows it as one that commands reach. */
  startAgents(count: number, surroundings?: Surroundings): Promise<readonly AgentProcess[]>;
  /** A folder with the fleet's config in it. */
  makeHome(config?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The command line, with the config of the fleet. */
  cli(...args: readonly string[]): Promise<ProcessEnd>;
  putJob(document: Readonly<Record<string, unknown>>): Promise<ObjectId>;
  /** Inserts a command; its id as text. */
  send(document: Readonly<Record<string, unknown>>): Promise<string>;
  /** Has the leader run a job once; the id of the run. */
  runJob(job: string): Promise<string>;
  /** The answers to a command, once there are as many. */
  acks(command: string, count: number): Promise<readonly Ack[]>;
  /** What the fleet thought of a command at first sight. */
  seen(command: string): Promise<Ack>;
  /** The run once it is as meant. */
  untilRun(run: string, isMeant: (run: RunRow) => boolean, deadlineMs?: number): Promise<RunRow>;
  /** The run once it has ended. */
  ended(run: string, deadlineMs?: number): Promise<RunRow>;
  /** Keeps everybody else from writing one document, as a slow disk would; reads and other documents go on. */
  holdDocument(collection: string, filter: Document): Promise<{ letGo(): Promise<void> }>;
  /** The one of these agents that leads, once the fleet has settled on one of them. */
  leaderOf(agents: readonly AgentProcess[]): Promise<AgentProcess>;
}

export async function openFleet(context: TestContext, options: FleetOptions = {}): Promise<Fleet> {
  const { uri, dbName } = options.database ?? freshDatabase(context.task.name);
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  const db = client.db(dbName);
  const target = await startTarget(options.targetHost);
  const folder = await mkdtemp(join(tmpdir(), "fleetcron-e2e-"));
  const agents: AgentProcess[] = [];
  let homes = 0;
  context.onTestFinished(async () => {
    for (const agent of agents) agent.signal("SIGKILL");
    await Promise.all(agents.map((it) => it.ended));
    // A server of the test's own goes away whole, and may be gone or stopped by now.
    if (options.database === undefined) await db.dropDatabase().catch(() => {});
    await Promise.all([client.close(), target.close()]);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  context.onTestFailed(() => {
    for (const agent of agents) console.error(`agent ${agent.pid}:\n${agent.output.slice(-6_000)}`);
  });

  async function makeHome(config: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const home = await mkdtemp(join(folder, `home-${++homes}-`));
    const whole = { ...baseConfig(uri, dbName), ...options.config, ...config };
    await writeFile(join(home, "fleetcron.config.json"), JSON.stringify(whole), { mode: 0o600 });
    return home;
  }

  async function startAgent(home?: string, surroundings?: Surroundings): Promise<AgentProcess> {
    const agent = startAgentProcess(home ?? (await makeHome()), [], surroundings);
    agents.push(agent);
    return agent;
  }

  async function send(document: Readonly<Record<string, unknown>>): Promise<string> {
    const { insertedId } = await db.collection("commands").insertOne({ ...document });
    return String(insertedId);
  }

  async function acks(command: string, count: number): Promise<readonly Ack[]> {
    return eventually(`${count} answers to command ${command}`, STEP_MS_MAX, async () => {
      const found = await db
        .collection<Document & Ack>("command_acks")
        .find({ command, key: { $ne: "seen" } })
        .sort({ key: 1 })
        .toArray();
      return found.length >= count ? found : undefined;
    });
  }

  async function untilRun(run: string, isMeant: (run: RunRow) => boolean, deadlineMs = STEP_MS_MAX): Promise<RunRow> {
    let last: RunRow | null = null;
    return eventually(`run ${run} as expected`, deadlineMs, async () => {
      last = await db.collection<RunRow>("job_runs").findOne({ _id: run });
      return last !== null && isMeant(last) ? last : undefined;
    }).catch((err: unknown) => {
      throw new Error(`${String(err)}; it is ${JSON.stringify(last)}`);
    });
  }

  return {
    db,
    target,
    makeHome,
    startAgent,
    async startAgents(count, surroundings) {
      const started = await Promise.all(Array.from({ length: count }, () => startAgent(undefined, surroundings)));
      await Promise.all(started.map((it) => it.untilLogged("machine_joined")));
      const ids = started.map((it) => it.machineId);
      await eventually("report of every machine", STEP_MS_MAX, async () => {
        const known = await db.collection<Document & { _id: string }>("machines").countDocuments({ _id: { $in: ids } });
        return known === count ? true : undefined;
      });
      return started;
    },
    cli: async (...args) => runProgram(await makeHome(), args),
    async putJob(document) {
      const { insertedId } = await db.collection("jobs").insertOne({ enabled: true, ...document });
      return insertedId;
    },
    send,
    async runJob(job) {
      const [ack] = await acks(await send({ type: "run_job", target: "leader", args: { job } }), 1);
      const run = /^started run (.*)$/.exec(ack?.result ?? "")?.[1];
      if (run === undefined) throw new Error(`job ${job} was not started: ${ack?.result}`);
      return run;
    },
    acks,
    seen: (command) =>
      eventually(`first sight of command ${command}`, STEP_MS_MAX, async () => {
        const found = await db.collection<Document & Ack>("command_acks").findOne({ command, key: "seen" });
        return found ?? undefined;
      }),
    untilRun,
    ended: (run, deadlineMs) => untilRun(run, (it) => it.status !== "running" && it.status !== "waiting", deadlineMs),
    async holdDocument(collection, filter) {
      const session = client.startSession();
      session.startTransaction();
      await db.collection(collection).updateOne(filter, { $set: { held_by_test: true } }, { session });
      return {
        async letGo() {
          await session.abortTransaction();
          await session.endSession();
        },
      };
    },
    leaderOf: (among) =>
      eventually("leader with the lowest serial", STEP_MS_MAX, async () => {
        const leader = await db.collection<Document & { _id: string }>("fleet").findOne({ _id: "leader" });
        // One that started a moment earlier leads until it hands over to the lowest.
        const lowest = Math.min(...(await heldSerials(db)).values());
        if (leader?.["serial"] !== lowest) return undefined;
        return among.find((it) => it.lines.length > 0 && it.machineId === leader["machine_id"]);
      }),
  };
}

function baseConfig(uri: string, dbName: string): Readonly<Record<string, unknown>> {
  return {
    mongodb_uri: uri,
    db_name: dbName,
    tz: "UTC",
    max_serial: 10,
    lease: LEASE,
    http_defaults: { timeout_sec: 30 },
    egress: { proxy: "none" },
    commands: { poll_sec: 1 },
    log: { level: "debug", format: "json" },
  };
}

/** Warnings, errors, and whatever else an agent wrote that is no line of its log. */
export function complaints(agent: AgentProcess): readonly string[] {
  return agent.output.split("\n").filter((it) => it !== "" && !/^\{"level":"(debug|info)"/.test(it));
}

/** What an agent wrote that is no line of its log: warnings of Node, stacks of what nobody caught. */
export function strayWords(agent: AgentProcess): readonly string[] {
  return agent.output.split("\n").filter((it) => it !== "" && !it.startsWith("{"));
}

/** Serials that are taken: serial by machine id. */
export async function heldSerials(db: Db): Promise<ReadonlyMap<string, number>> {
  const held = await db
    .collection<Document & { _id: number }>("serials")
    .find({ session: { $type: "string" } })
    .toArray();
  return new Map(held.map((it) => [String(it["machine_id"]), it._id]));
}
