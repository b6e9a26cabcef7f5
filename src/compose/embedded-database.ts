import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
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

/** Pause before an embedded mongod that ended by itself is started again. */
const RESTART_PAUSE_MS = 2_000;

/** The same for as long as an agent lives: a mongod that ends by itself is started again on its port. @throws {ExitError} */
export async function keepDatabase(
  dataDir: string,
  env: Environment,
  log: Log,
  progress: (line: string) => void,
): Promise<{ readonly uri: string; readonly version: string; stop(): Promise<void> }> {
  const first = await startDatabase(dataDir, env, log, progress);
  const stopping = new AbortController();
  let mongod = first.mongod;

  function follow(): void {
    mongod.onExit((exitCode) => {
      if (stopping.signal.aborted) return;
      log.error("the embedded MongoDB ended by itself; starting it again", {
        event: "mongod_ended",
        exit_code: exitCode,
      });
      void restart();
    });
  }

  async function restart(): Promise<void> {
    while (!stopping.signal.aborted) {
      await pause(RESTART_PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        mongod = (await startDatabase(dataDir, env, log, progress)).mongod;
        if (stopping.signal.aborted) return await mongod.stop();
        return follow();
      } catch (err) {
        log.error("the embedded MongoDB could not be started again; trying on", { event: "mongod_ended", err });
      }
    }
  }

  follow();
  return {
    uri: first.mongod.uri,
    version: first.version,
    stop() {
      stopping.abort();
      return mongod.stop();
    },
  };
}
