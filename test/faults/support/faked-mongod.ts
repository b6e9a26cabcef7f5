import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { type EmbeddedMongod, startEmbeddedMongod } from "../../../src/adapters/mongod/embedded-mongod.ts";
import { findMongod } from "../../../src/adapters/mongod/find-mongod.ts";
import { cacheFolder } from "../../../src/adapters/mongod/mongod-cache.ts";
import type { Log } from "../../../src/ports/log.ts";
import type { TestDatabase } from "../../support/mongo.ts";

type Env = Readonly<Record<string, string>>;

/** A mongod whose clock lies; gone when its test has ended. */
export interface FakedMongod {
  readonly database: TestDatabase;
  /** Starts it again, after a kill, on the same data and port in another environment. */
  restart(env: Env): Promise<void>;
  kill(): Promise<void>;
}

/** @param env of the process; see `FakeTime` */
export async function startFakedMongod(context: TestContext, env: Env): Promise<FakedMongod> {
  const { path } = await findMongod({ env: process.env, cacheDir: cacheFolder(process.env), progress: () => {} });
  const dataDir = await mkdtemp(join(tmpdir(), `fleetcron-test-${process.pid}-`));
  let mongod = await start(path, dataDir, env, undefined);
  context.onTestFinished(async () => {
    await mongod.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  });
  const kill = async () => {
    const ended = new Promise<void>((resolve) => mongod.onExit(() => resolve()));
    process.kill(mongod.pid, "SIGKILL");
    await ended;
  };
  return {
    database: { uri: mongod.uri, dbName: `faked_${randomBytes(4).toString("hex")}` },
    kill,
    async restart(next) {
      mongod = await start(path, dataDir, next, mongod.port);
    },
  };
}

/** The embedded mongod gets the environment of its parent, so a script in its place sets the one it is to have. */
async function start(mongod: string, dataDir: string, env: Env, port: number | undefined): Promise<EmbeddedMongod> {
  const binary = join(dataDir, "mongod.sh");
  const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
  await writeFile(binary, `#!/bin/sh\n${exports.join("")}exec '${mongod}' "$@"\n`, { mode: 0o700 });
  return startEmbeddedMongod({ binary, dataDir, port, log: silentLog });
}

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
