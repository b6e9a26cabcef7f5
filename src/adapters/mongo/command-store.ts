import type { ClientSession, Db, Document } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { Command } from "../../model/command.ts";
import type { Parsed } from "../../model/problem.ts";
import { DAY_MS } from "../../model/time.ts";
import type { CommandDocument, CommandStore, FirstSight } from "../../ports/command-store.ts";
import { type BoundedDocument, decodeRow, DOCUMENT_BYTES_MAX, readBounded } from "./bounded-documents.ts";
import { decodeExact, idText, plainValue } from "./bson-exact.ts";
import { acksOf } from "./collections.ts";
import { type AckDocument, ackId, SEEN_KEY } from "./documents/ack-document.ts";
import { instantOf } from "./documents/instants.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal, serverTimeIn } from "./literal.ts";
import { duplicatePositions, isDuplicateKey } from "./translate-error.ts";
import { createUnknownIds, readCommandIds } from "./unknown-commands.ts";

/** Checks a command from outside, given as plain data. */
export type ParseCommand = (document: unknown, id: string) => Parsed<Command>;

/** How much longer than their command answers are kept. */
const ACKS_OUTLIVE_MS = DAY_MS;

export function createCommandStore(lane: Lane, parse: ParseCommand): CommandStore {
  const readUnknownIds = createUnknownIds();

  return {
    readUnknown: (known, limit) =>
      lane.run("read the commands", async (db, session) => {
        const unknown = await readUnknownIds(db, session, known, limit);
        if (unknown.length === 0) return [];
        const rows = await readBounded(db.collection("commands"), { _id: { $in: unknown } }, session);
        const byId = new Map(rows.map(decodeRow).map((it) => [idText(it.id), it]));
        return unknown.flatMap((id) => {
          const found = byId.get(idText(id));
          return found === undefined ? [] : [commandDocumentOf(found, parse)];
        });
      }),
    async see(command, { status, reason }) {
      const look = () =>
        lane.run("look when a command was first seen", (db, session) => readSight(db, session, command));
      const seen = await look();
      if (seen !== undefined) return { ...seen, isFirst: false };
      const isFirst = await lane.run("note that a command was seen", (db, session) =>
        insertAck(db, session, { command, key: SEEN_KEY, status, result: reason ?? "", machine_id: null }),
      );
      const stamped = await look();
      if (stamped === undefined) throw new StoreUnavailableError("note that a command was seen", new Error("no stamp"));
      return { ...stamped, isFirst };
    },
    answered: (commands, key) =>
      lane.run("look which commands are answered", async (db, session) => {
        const ids = commands.map((it) => ackId(it, key));
        const acks = await acksOf(db)
          .find({ _id: { $in: ids } }, { projection: { command: 1 }, session })
          .toArray();
        return new Set(acks.map((it) => it.command));
      }),
    acknowledge: (command, key, { status, result, machineId }) =>
      lane.run("acknowledge a command", async (db, session) => {
        const ack = { command, key, status, result, machine_id: machineId };
        if (await insertAck(db, session, ack)) return "stored";
        // The same answer of the same machine is an earlier try of this one.
        const own = { _id: ackId(command, key), machine_id: machineId, status, result };
        return (await acksOf(db).findOne(own, { projection: { _id: 1 }, session })) === null ? "exists" : "stored";
      }),
    removeSeenBefore: (ageMs) => lane.run("remove old commands", (db, session) => removeSeenBefore(db, session, ageMs)),
  };
}

/** Stamps commands as expired that nobody has seen yet. Safe to repeat: what is stamped is not written again. */
export async function expireUnseen(db: Db, session: ClientSession, ids: readonly unknown[]): Promise<void> {
  const result = "it was there when the database was first used";
  const commands = ids.map(idText);
  const filter = { _id: { $in: commands.map((it) => ackId(it, SEEN_KEY)) } };
  const stamped = await acksOf(db)
    .find(filter, { projection: { command: 1 }, session })
    .toArray();
  const done = new Set(stamped.map((it) => it.command));
  const writes = commands
    .filter((it) => !done.has(it))
    .map((command) => ({
      updateOne: ackUpsert({ command, key: SEEN_KEY, status: "expired", result, machine_id: null }),
    }));
  if (writes.length === 0) return;
  try {
    await acksOf(db).bulkWrite(writes, { ordered: false, session });
  } catch (err) {
    duplicatePositions(err);
  }
}

/** True when it was inserted; the time of an answer that is there already stays. */
async function insertAck(db: Db, session: ClientSession, ack: Omit<AckDocument, "_id" | "at">): Promise<boolean> {
  const { filter, update, upsert } = ackUpsert(ack);
  try {
    const stored = await acksOf(db).updateOne(filter, update, { upsert, session });
    return stored.upsertedCount === 1;
  } catch (err) {
    if (isDuplicateKey(err)) return false;
    throw err;
  }
}

/** Leaves an acknowledgement that is there as it is. */
function ackUpsert(ack: Omit<AckDocument, "_id" | "at">) {
  const fields = Object.entries(ack).map(([name, value]) => [name, keepFirst(name, literal(value))]);
  const update = [{ $set: { ...Object.fromEntries(fields), at: keepFirst("at", "$$NOW") } }];
  return { filter: { _id: ackId(ack.command, ack.key) }, update, upsert: true };
}

async function readSight(
  db: Db,
  session: ClientSession,
  command: string,
): Promise<Omit<Awaited<ReturnType<CommandStore["see"]>>, "isFirst"> | undefined> {
  const pipeline: Document[] = [
    { $match: { _id: ackId(command, SEEN_KEY) } },
    { $project: { at: 1, status: 1, now: "$$NOW" } },
  ];
  const [found] = await acksOf(db)
    .aggregate<{ readonly at: Date; readonly status: FirstSight["status"]; readonly now: Date }>(pipeline, { session })
    .toArray();
  if (found === undefined) return undefined;
  return { sight: { at: instantOf(found.at), status: found.status }, now: instantOf(found.now) };
}

async function removeSeenBefore(db: Db, session: ClientSession, ageMs: number): Promise<number> {
  const ids = await readCommandIds(db, session);
  const isOld = { $expr: { $lte: ["$at", serverTimeIn(-ageMs)] } };
  const seenOf = ids.map((id) => ackId(idText(id), SEEN_KEY));
  const old = await acksOf(db)
    .find({ _id: { $in: seenOf }, ...isOld }, { projection: { command: 1 }, session })
    .toArray();
  const oldCommands = new Set(old.map((it) => it.command));
  const removable = ids.filter((id) => oldCommands.has(idText(id)));
  const { deletedCount } = await db
    .collection("commands")
    .deleteMany({ _id: { $in: removable } } as Document, { session });
  // Answers begin to expire only when their command is gone: one that outlived them would be carried out again.
  const remaining = ids.map(idText).filter((it) => !oldCommands.has(it));
  await acksOf(db).updateMany(
    { expire_at: { $exists: false }, command: { $nin: remaining }, ...isOld },
    [{ $set: { expire_at: serverTimeIn(ACKS_OUTLIVE_MS) } }],
    { session },
  );
  return deletedCount;
}

function commandDocumentOf(found: BoundedDocument, parse: ParseCommand): CommandDocument {
  const id = idText(found.id);
  if (found.bytes === undefined) {
    const message = `the command has ${found.sizeBytes} bytes; at most ${DOCUMENT_BYTES_MAX} are read`;
    return { id, type: "", parsed: { ok: false, problems: [{ path: "", message, severity: "error" }] } };
  }
  const document = decodeExact(found.bytes);
  const { type } = document;
  return { id, type: typeof type === "string" ? type : "", parsed: parse(plainValue(document), id) };
}
