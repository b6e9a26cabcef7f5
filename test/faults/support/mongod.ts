import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Db, MongoClient, type MongoClientOptions } from "mongodb";
import { findMongod } from "../../../src/adapters/mongod/find-mongod.ts";
import { freePort } from "../../../src/adapters/mongod/free-port.ts";
import { cacheFolder } from "../../../src/adapters/mongod/mongod-cache.ts";
import { eventually } from "../../support/eventually.ts";

const START_MS_MAX = 60_000;

export interface MongodOptions {
  readonly setName?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A folder that stays; one of its own that goes with it when left out. */
  readonly dataDir?: string;
  /** How the test itself gets in. */
  readonly client?: MongoClientOptions;
}

/** A mongod in plain sight of a test: killed, paused and started again at will. */
export interface Mongod {
  readonly port: number;
  readonly dataDir: string;
  /** `null` while it lives; what it ended with otherwise. */
  readonly exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it is gone. */
  kill(): Promise<void>;
  /** On the same port and data, after it has ended. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Asks this very member. */
  ask<T>(question: (admin: Db) => Promise<T>): Promise<T>;
  /** Kills it and clears its folder away. */
  stop(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Resolves when it listens. */
export async function startMongod(options: MongodOptions = {}): Promise<Mongod> {
  const { path } = await findMongod({ env: process.env, cacheDir: cacheFolder(process.env), progress: () => {} });
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "fleetcron-faults-")));
  const port = await freePort(undefined);
  let child: ChildProcess;
  let exit: Mongod["exit"] = null;

  function launch(env: Readonly<Record<string, string>>): void {
    exit = null;
    const place = ["--dbpath", dataDir, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket"];
    const words = ["--logpath", join(dataDir, "mongod.log"), "--logappend"];
    const size = ["--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false"];
    const set = options.setName === undefined ? [] : ["--replSet", options.setName];
    const args = [...place, ...words, ...size, ...set, ...(options.args ?? [])];
    const mine = spawn(path, args, { stdio: "ignore", env: { ...process.env, ...env } });
    children.add(mine);
    mine.once("exit", (code, signal) => {
      children.delete(mine);
      exit = { code, signal };
    });
    child = mine;
  }

  async function ask<T>(question: (admin: Db) => Promise<T>): Promise<T> {
    const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
      serverSelectionTimeoutMS: 5_000,
      ...options.client,
    });
    try {
      return await question(client.db("admin"));
    } finally {
      await client.close().catch(() => {});
    }
  }

  async function untilListening(): Promise<void> {
    await eventually(`mongod at port ${port}`, START_MS_MAX, async () => {
      if (exit !== null) throw new Error(`mongod ended with ${JSON.stringify(exit)}; see ${dataDir}/mongod.log`);
      return ask((admin) => admin.command({ hello: 1 })).catch(() => undefined);
    });
  }

  async function kill(): Promise<void> {
    if (exit !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGKILL");
    await gone;
  }

  launch(options.env ?? {});
  await untilListening();
  return {
    port,
    dataDir,
    get exit() {
      return exit;
    },
    signal: (name) => void child.kill(name),
    kill,
    async restart(env = options.env ?? {}) {
      launch(env);
      await untilListening();
    },
    ask,
    async stop() {
      await kill();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
