import { type ClientSession, type Db, type Document, MongoServerError } from "mongodb";
import type { EpochMs } from "../../model/time.ts";
import { decodeExact, idText, plainValue } from "./bson-exact.ts";
import type { Lane } from "./lane.ts";
import { type LastOnline, readLastOnline } from "./last-online.ts";
import { CODE } from "./server-codes.ts";
import { readServerTime } from "./server-time.ts";

export type TakeOverOutcome =
  | { readonly outcome: "nothing" }
  /** The collections of the original stand under these names; nothing is deleted. */
  | { readonly outcome: "renamed"; readonly collections: readonly { readonly from: string; readonly to: string }[] }
  /** An agent of the original runs; both at once would run every job twice. */
  | { readonly outcome: "alive"; readonly hostname: string; readonly lastSeen: EpochMs | undefined }
  /** The account may not rename; an administrator pastes this into mongosh. */
  | { readonly outcome: "forbidden"; readonly command: string };

/** Collections of the original whose shape the fleet does not share, each with the fields of its unique index. */
const ORIGINAL: readonly { readonly name: string; readonly uniqueOver: readonly string[] }[] = [
  { name: "machines", uniqueOver: ["machine_id"] },
  { name: "serials", uniqueOver: ["serial"] },
  { name: "job_runs", uniqueOver: ["job_id", "scheduled_for"] },
];
/** Names that are tried when an earlier take-over left its own. */
const NAME_TRIES = 9;

/**
 * Makes room in a database of the original FleetCron: its machines, serials and runs are renamed, its jobs and
 * commands stay. Several agents may do it at once: what one has renamed the others find gone, and a name that exists is
 * never written over, so no collection of the fleet itself can be moved away.
 * @throws {StoreUnavailableError} @throws {StoreRefusedError}
 */
export async function takeOverOriginal(lane: Lane): Promise<TakeOverOutcome> {
  const found = await lane.run("look for collections of the original", findOriginal);
  if (found.length === 0) return { outcome: "nothing" };
  if (found.includes("machines")) {
    const alive = await lane.run("look for agents of the original", findAlive);
    if (alive !== undefined) return { outcome: "alive", ...alive };
  }
  const collections: { from: string; to: string }[] = [];
  for (const from of found) {
    const to = await lane.run("rename a collection of the original", (db, session) => rename(db, session, from));
    if (to === "forbidden") return { outcome: "forbidden", command: await renameCommand(lane, found) };
    if (to !== "gone") collections.push({ from, to });
  }
  return { outcome: "renamed", collections };
}

async function findOriginal(db: Db, session: ClientSession): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name } of ORIGINAL) {
    if (await isOriginal(db, session, name)) found.push(name);
  }
  return found;
}

async function isOriginal(db: Db, session: ClientSession, name: string): Promise<boolean> {
  const uniqueOver = ORIGINAL.find((it) => it.name === name)?.uniqueOver ?? [];
  const indexes = await listIndexes(db, session, name);
  return indexes.some((it) => {
    const isPartial = it["partialFilterExpression"] !== undefined;
    return it["unique"] === true && !isPartial && Object.keys(it["key"]).join() === uniqueOver.join();
  });
}

async function listIndexes(db: Db, session: ClientSession, name: string): Promise<readonly Document[]> {
  try {
    return await db.collection(name).listIndexes({ session }).toArray();
  } catch (err) {
    if (err instanceof MongoServerError && err.code === CODE.namespaceNotFound) return [];
    throw err;
  }
}

async function findAlive(
  db: Db,
  session: ClientSession,
): Promise<{ readonly hostname: string; readonly lastSeen: EpochMs | undefined } | undefined> {
  const now = await readServerTime(db, session);
  const rows: unknown[] = await db.collection("machines").find({}, { session, raw: true }).toArray();
  for (const row of rows as Uint8Array[]) {
    const machine = decodeExact(row);
    const { alive, at }: LastOnline = readLastOnline(plainValue(machine["last_online_minute"]), now);
    if (alive) return { hostname: nameOf(machine), lastSeen: at };
  }
  return undefined;
}

function nameOf(machine: Document): string {
  const names = [machine["hostname"], machine["host"], machine["name"], machine["machine_id"]];
  return names.find((it): it is string => typeof it === "string" && it !== "") ?? idText(machine["_id"]);
}

async function rename(db: Db, session: ClientSession, from: string): Promise<string> {
  for (let tries = 1; tries <= NAME_TRIES; tries++) {
    const to = tries === 1 ? `original_${from}` : `original_${from}_${tries}`;
    try {
      await db.renameCollection(from, to, { session, dropTarget: false });
      return to;
    } catch (err) {
      if (!(err instanceof MongoServerError)) throw err;
      if (err.code === CODE.unauthorized) return "forbidden";
      if (err.code === CODE.namespaceNotFound) return "gone";
      if (err.code !== CODE.namespaceExists) throw err;
      // Another agent was faster and the fleet has its own collection here by now, or the name is from an earlier time.
      if (!(await isOriginal(db, session, from))) return "gone";
    }
  }
  return "forbidden";
}

async function renameCommand(lane: Lane, names: readonly string[]): Promise<string> {
  return lane.run("name the database", async (db) => {
    const renames = names.map((it) => `getCollection("${it}").renameCollection("original_${it}")`);
    return renames.map((it) => `db.getSiblingDB(${JSON.stringify(db.databaseName)}).${it}`).join("; ");
  });
}
