import { join } from "node:path";
import { fleetHome } from "../adapters/files/fleet-home.ts";
import { type EmbeddedMongod, startEmbeddedMongod } from "../adapters/mongod/embedded-mongod.ts";
import { findMongod } from "../adapters/mongod/find-mongod.ts";
import { cacheFolder } from "../adapters/mongod/mongod-cache.ts";
import type { Log } from "../ports/log.ts";
import type { Environment } from "./load-config.ts";

export function embeddedDataFolder(env: Environment): string {
  return join(fleetHome(env), "mongodb");
}

/** A mongod of this machine's own on the given folder; found or fetched first. @throws {ExitError} */
export async function startDatabase(
  dataDir: string,
  env: Environment,
  log: Log,
  progress: (line: string) => void,
): Promise<{ readonly mongod: EmbeddedMongod; readonly version: string }> {
  const found = await findMongod({ env, cacheDir: cacheFolder(env), progress });
  const mongod = await startEmbeddedMongod({ binary: found.path, dataDir, log });
  return { mongod, version: found.version };
}
