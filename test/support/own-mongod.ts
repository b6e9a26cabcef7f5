import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { startEmbeddedMongod } from "../../src/adapters/mongod/embedded-mongod.ts";
import { findMongod } from "../../src/adapters/mongod/find-mongod.ts";
import { cacheFolder } from "../../src/adapters/mongod/mongod-cache.ts";
import type { Log } from "../../src/ports/log.ts";
import type { TestDatabase } from "./mongo.ts";

/** A mongod that one test may do anything to; gone when the test has ended. */
export interface OwnMongod {
  readonly database: TestDatabase;
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void;
}

/** @param port of 127.0.0.1, when agents know it already */
export async function startOwnMongod(context: TestContext, port?: number): Promise<OwnMongod> {
  const { path } = await findMongod({ env: process.env, cacheDir: cacheFolder(process.env), progress: () => {} });
  const dataDir = await mkdtemp(join(tmpdir(), `fleetcron-test-${process.pid}-`));
  const mongod = await startEmbeddedMongod({ binary: path, dataDir, port, log: silentLog });
  let isKilled = false;
  context.onTestFinished(async () => {
    if (!isKilled) process.kill(mongod.pid, "SIGCONT");
    await mongod.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  });
  return {
    database: { uri: mongod.uri, dbName: `own_${randomBytes(4).toString("hex")}` },
    signal(name) {
      isKilled ||= name === "SIGKILL";
      process.kill(mongod.pid, name);
    },
  };
}

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
