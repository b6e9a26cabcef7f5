import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import type { TestProject } from "vitest/node";
import { adopt, startEmbeddedMongod } from "../../src/adapters/mongod/embedded-mongod.ts";
import { findMongod } from "../../src/adapters/mongod/find-mongod.ts";
import { cacheFolder } from "../../src/adapters/mongod/mongod-cache.ts";
import { ExitError } from "../../src/model/errors.ts";
import type { Log } from "../../src/ports/log.ts";
import type { TestServer } from "./mongo.ts";

const FOLDER_PREFIX = "fleetcron-test-";

/** One mongod for the whole run: that of FLEETCRON_TEST_MONGODB_URI, or one of our own that is gone afterwards. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databasePrefix = `fct_${randomBytes(3).toString("hex")}_`;
  const given = process.env["FLEETCRON_TEST_MONGODB_URI"];
  if (given) {
    project.provide("mongoServer", { uri: given, databasePrefix } satisfies TestServer);
    return () => dropDatabases(given, databasePrefix);
  }
  await clearLeftovers();
  try {
    const { uri, stop } = await startOwn();
    project.provide("mongoServer", { uri, databasePrefix } satisfies TestServer);
    return stop;
  } catch (err) {
    // Most tests need no database, and those that do fail with this text.
    if (!(err instanceof ExitError)) throw err;
    process.stderr.write(`${err.message}\n${err.hint ?? ""}\n`);
    project.provide("mongoServer", { missing: err.message } satisfies TestServer);
    return async () => {};
  }
}

async function startOwn(): Promise<{ uri: string; stop: () => Promise<void> }> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const mongod = await findMongod({ env: process.env, cacheDir: cacheFolder(process.env), progress: say });
  const dataDir = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  const running = await startEmbeddedMongod({ binary: mongod.path, dataDir, log: silentLog });
  return {
    uri: running.uri,
    async stop() {
      await running.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** A run that was killed left its mongod behind, which lives on by design. */
async function clearLeftovers(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((entry) => entry.startsWith(FOLDER_PREFIX))) {
    const pid = Number.parseInt(name.slice(FOLDER_PREFIX.length), 10);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const dataDir = join(tmpdir(), name);
    const mongod = await adopt(dataDir).catch(() => undefined);
    await mongod?.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (err) {
    return err instanceof Error && "code" in err && err.code === "EPERM";
  }
}

async function dropDatabases(uri: string, prefix: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    const { databases } = await client.db("admin").admin().listDatabases({ nameOnly: true });
    for (const { name } of databases.filter((database) => database.name.startsWith(prefix))) {
      await client.db(name).dropDatabase();
    }
  } finally {
    await client.close();
  }
}

const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
