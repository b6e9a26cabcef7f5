import { setTimeout as pause } from "node:timers/promises";
import { EXIT, ExitError } from "../../model/errors.ts";
import type { Log } from "../../ports/log.ts";
import { openDataFolder } from "./data-folder.ts";
import { launchMongod } from "./launch-mongod.ts";
import { becomePrimary, embeddedUri } from "./replica-set.ts";
import { findRunningMongod, type RunningMongod } from "./running-mongod.ts";
import { stopMongod } from "./stop-mongod.ts";

/** A mongod that was left behind may be starting, or clearing up, while we come. */
const TRIES_MAX = 15;
const PAUSE_MS = 1_000;
const ADOPT_MS_MAX = 30_000;

export interface EmbeddedOptions {
  /** The mongod program; see `findMongod`. */
  readonly binary: string;
  /** The folder of its data, made when absent. One home has one. */
  readonly dataDir: string;
  /** A port of 127.0.0.1. Left out: the one of last time, or a free one. */
  readonly port?: number | undefined;
  readonly log: Log;
}

/** A replica set of one on 127.0.0.1, which outlives a crash of its agent and is taken over by the next one. */
export interface EmbeddedMongod {
  /** Good for other processes of this machine as well. */
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  /** Stops it cleanly, or by force after 20 s; resolves when its process is gone. Safe to call twice. */
  stop(): Promise<void>;
  /** Called once when it ends, whoever ended it; the exit code is `undefined` where it can't be known. */
  onExit(callback: (exitCode: number | undefined) => void): void;
}

/**
 * Starts the embedded mongod and resolves when it takes writes; one that already runs on the folder is taken over.
 * A folder that was left without a clean stop is repaired from its journal.
 * @throws {ExitError} when it can't be started, with the reason that mongod gave
 */
export async function startEmbeddedMongod({ binary, dataDir, port, log }: EmbeddedOptions): Promise<EmbeddedMongod> {
  const folder = await openDataFolder(dataDir).catch((err: unknown) => {
    const reason = err instanceof Error ? err.message : String(err);
    throw new ExitError(EXIT.usage, `the folder of the embedded database can't be made: ${reason}`);
  });
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    const running = await adopt(dataDir);
    if (running !== undefined) {
      log.info("took over the embedded mongod that was left running", { pid: running.pid, port: running.port });
      return running;
    }
    const launch = await launchMongod(binary, folder, port);
    if (launch.outcome === "ready") {
      log.info("started the embedded mongod", { pid: launch.mongod.process.pid, port: launch.mongod.port });
      return embedded(launch.mongod);
    }
    if (launch.outcome === "port_taken" && port !== undefined) {
      throw new ExitError(
        EXIT.failed,
        `the embedded mongod can't have the port ${port}: another program has it`,
        "free it, or leave the port to the agent",
      );
    }
    if (launch.outcome === "data_taken") await pause(PAUSE_MS);
  }
  throw new ExitError(
    EXIT.locked,
    `another mongod has the data in ${folder.db} open and does not answer`,
    "end that mongod, then start again",
  );
}

/** The mongod that already runs on the folder, if there is one; starts nothing. */
export async function adopt(dataDir: string): Promise<EmbeddedMongod | undefined> {
  const folder = await openDataFolder(dataDir);
  const running = await findRunningMongod(folder);
  if (running === undefined) return undefined;
  await becomePrimary(running.port, folder.db, AbortSignal.timeout(ADOPT_MS_MAX));
  return embedded(running);
}

function embedded({ process, port }: RunningMongod): EmbeddedMongod {
  let stopped: Promise<void> | undefined;
  return {
    uri: embeddedUri(port),
    port,
    pid: process.pid,
    stop() {
      stopped ??= stopMongod(process, port);
      return stopped;
    },
    onExit(callback) {
      void tell(process.ended, callback);
    },
  };
}

async function tell(
  ended: Promise<number | undefined>,
  callback: (exitCode: number | undefined) => void,
): Promise<void> {
  callback(await ended);
}
