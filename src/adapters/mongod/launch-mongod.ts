import { setTimeout as pause } from "node:timers/promises";
import { EXIT, ExitError } from "../../model/errors.ts";
import { type DataFolder, limitLog, readFacts, writeFacts } from "./data-folder.ts";
import { complaintsIn, logBytes } from "./mongod-log.ts";
import { freePort } from "./free-port.ts";
import { spawnMongod } from "./mongod-process.ts";
import { becomePrimary, SET_NAME } from "./replica-set.ts";
import type { RunningMongod } from "./running-mongod.ts";
import { stopMongod } from "./stop-mongod.ts";

/** After a crash with much to repair a start takes long. */
const START_MS_MAX = 120_000;
/** Between a connection that broke and the exit that broke it. */
const EXIT_MS_MAX = 2_000;
/** What mongod exits with when its port is taken. */
const EXIT_NET_ERROR = 48;

export type Launch =
  | { readonly outcome: "ready"; readonly mongod: RunningMongod }
  | { readonly outcome: "port_taken" }
  /** Another mongod has these data open. */
  | { readonly outcome: "data_taken" };

/**
 * Starts a mongod on the folder and waits until it takes writes.
 * @param port `undefined` takes the one of last time, or another if somebody has that
 * @throws {ExitError} with the reason that mongod gave
 */
export async function launchMongod(binary: string, folder: DataFolder, port: number | undefined): Promise<Launch> {
  await limitLog(folder);
  const chosen = port ?? (await freePort((await readFacts(folder))?.port));
  const logStart = await logBytes(folder.log);
  const process = await spawnMongod(binary, mongodArgs(folder, chosen)).catch((err: unknown) => {
    throw failure(folder, err instanceof Error ? err.message : String(err));
  });
  await writeFacts(folder, { port: chosen, pid: process.pid });
  const over = new AbortController();
  void process.ended.then(() => over.abort());
  try {
    await becomePrimary(chosen, folder.db, AbortSignal.any([over.signal, AbortSignal.timeout(START_MS_MAX)]));
    return { outcome: "ready", mongod: { process, port: chosen } };
  } catch (err) {
    await Promise.race([process.ended, pause(EXIT_MS_MAX)]);
    if (!process.hasEnded()) {
      await stopMongod(process, chosen);
      throw failure(folder, `it was not ready in time: ${err instanceof Error ? err.message : String(err)}`);
    }
    const exitCode = await process.ended;
    if (exitCode === EXIT_NET_ERROR) return { outcome: "port_taken" };
    const complaints = await complaintsIn(folder.log, logStart);
    if (complaints.some((complaint) => complaint.includes("DBPathInUse"))) return { outcome: "data_taken" };
    throw failure(folder, complaints[0] ?? `it exited with ${exitCode ?? "a signal"}`);
  }
}

function mongodArgs(folder: DataFolder, port: number): readonly string[] {
  const options: Readonly<Record<string, string>> = {
    dbpath: folder.db,
    port: String(port),
    bind_ip: "127.0.0.1",
    replSet: SET_NAME,
    oplogSize: "256",
    logpath: folder.log,
    wiredTigerCacheSizeGB: "0.25",
  };
  const parameters = [
    "diagnosticDataCollectionEnabled=false",
    // Nobody else is there to take over, so there is nobody to wait for.
    "shutdownTimeoutMillisForSignaledShutdown=0",
  ];
  return [
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ...parameters.flatMap((parameter) => ["--setParameter", parameter]),
    ...["logappend", "quiet", ...(process.platform === "win32" ? [] : ["nounixsocket"])].map((name) => `--${name}`),
  ];
}

function failure(folder: DataFolder, reason: string): ExitError {
  return new ExitError(
    EXIT.failed,
    `the embedded mongod can't be started: ${reason}`,
    `its log is ${folder.log}; a mongod of another version can be named with FLEETCRON_MONGOD`,
  );
}
