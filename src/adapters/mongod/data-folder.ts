import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logBytes } from "./mongod-log.ts";

/** The log of mongod is put aside at a start when it has grown beyond this; one older one is kept. */
const LOG_BYTES_MAX = 20 * 1_048_576;

/** What belongs to an embedded mongod, in one folder. */
export interface DataFolder {
  readonly db: string;
  readonly log: string;
  readonly facts: string;
}

/** What is known of the mongod that last ran on the folder. */
export interface MongodFacts {
  readonly port: number;
  readonly pid: number;
}

export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  const db = join(dataDir, "db");
  await mkdir(db, { recursive: true, mode: 0o700 });
  // mongod tells the path that it was given, and it is compared with this one.
  const folder = await realpath(dataDir);
  return { db: join(folder, "db"), log: join(folder, "mongod.log"), facts: join(folder, "mongod.json") };
}

/** `undefined` when there are none or they are half-written. */
export async function readFacts(folder: DataFolder): Promise<MongodFacts | undefined> {
  try {
    const facts: unknown = JSON.parse(await readFile(folder.facts, "utf8"));
    if (typeof facts !== "object" || facts === null || !("port" in facts) || !("pid" in facts)) return undefined;
    const { port, pid } = facts;
    return typeof port === "number" && typeof pid === "number" ? { port, pid } : undefined;
  } catch {
    return undefined;
  }
}

export async function writeFacts(folder: DataFolder, facts: MongodFacts): Promise<void> {
  const draft = `${folder.facts}.draft`;
  await writeFile(draft, `${JSON.stringify(facts)}\n`, { mode: 0o600 });
  await rename(draft, folder.facts);
}

export async function limitLog(folder: DataFolder): Promise<void> {
  if ((await logBytes(folder.log)) <= LOG_BYTES_MAX) return;
  await rm(`${folder.log}.1`, { force: true });
  await rename(folder.log, `${folder.log}.1`);
}
