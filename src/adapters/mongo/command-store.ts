import type { ClientSession, Db, Document, MongoBulkWriteError } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { Command } from "../../model/command.ts";
import type { Parsed } from "../../model/problem.ts";
import { DAY_MS, type EpochMs } from "../../model/time.ts";
import type { CommandDocument, CommandStore, FirstSight } from "../../ports/command-store.ts";
import { type BoundedDocument, decodeRow, DOCUMENT_BYTES_MAX, readBounded } from "./bounded-documents.ts";
import { decodeExact, distinctIdText, plainValue } from "./bson-exact.ts";
import { acksOf } from "./collections.ts";
import { type AckDocument, ackId, SEEN_KEY } from "./documents/ack-document.ts";
import { instantOf } from "./documents/instants.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal, serverTimeIn } from "./literal.ts";
import { readServerTime } from "./server-time.ts";
import { duplicatePositions } from "./translate-error.ts";
import { type CommandId, createUnknownIds, readCommandIds } from "./unknown-commands.ts";

/** Checks a command from outside, given as plain data. */
export type ParseCommand = (document: unknown, id: string) => Parsed<Command>;

/** Rows that are taken in between two looks at other work. */
const READ_AT_ONCE = 2_000;
/** Commands that are removed together. */
const REMOVED_AT_ONCE = 500;
/** How much longer than their command answers are kept. */
const ACKS_OUTLIVE_MS = DAY_MS;

export function createCommandStore(lane: Lane, parse: ParseCommand): CommandStore {
  const readUnknownIds = createUnknownIds();

  return {
    readUnknown: (known, limit) =>
      lane.run("read the commands", async (db, session) => {
        const unknown = await readUnknownIds(db, session, known, limit);
        if (unknown.length === 0) return [];
        const rows = await readBounded(
          db.collection("commands"),
          { _id: { $in: unknown.map((it) => it.id) } },
          session,
        );
        const byId = new Map(rows.map(decodeRow).map((it) => [distinctIdText(it.id), it]));
        return unknown.flatMap(({ text }) => {
          const found = byId.get(text);
          return found === undefined ? [] : [commandDocumentOf(found, parse)];
        });
      }),
    readSettled: (machine) =>
      lane.run("read which commands are settled", async (db, session) => {
        const keys = [
          { key: { $in: [machine, "leader"] } },
          { key: { $regex: /^serial:/ } },
          { key: SEEN_KEY, status: { $in: ["rejected", "expired"] as const } },
        ];
        const acks = acksOf(db).find(
          { $or: keys },
          { projection: { _id: 0, command: 1 }, batchSize: READ_AT_ONCE, session },
        );
        const settled = new Set<string>();
        for await (const { command } of acks) settled.add(command);
        return settled;
      }),
    async see(verdicts) {
      const commands = verdicts.map((it) => it.command);
      const look = () =>
        lane.run("look when commands were first seen", (db, session) => readSights(db, session, commands));
      let read = await look();
      const unseen = verdicts.filter((it) => !read.sights.has(it.command));
      let inserted: ReadonlySet<string> = new Set();
      if (unseen.length > 0) {
        const stamps = unseen.map(({ command, status, reason }) => {
          return { command, key: SEEN_KEY, status, result: reason ?? "", machine_id: null };
        });
        inserted = await lane.run("note that commands were seen", (db, session) => insertAcks(db, session, stamps));
        read = await look();
      }
      return { now: read.now, sights: commands.map((it) => sightOf(it, read.sights, inserted)) };
    },
    answered: (asked) =>
      lane.run("look which commands are answered", async (db, session) => {
        const ids = asked.map((it) => ackId(it.command, it.key));
        const acks = await acksOf(db)
          .find({ _id: { $in: ids } }, { projection: { command: 1 }, session })
          .toArray();
        return new Set(acks.map((it) => it.command));
      }),
    acknowledge: (acks) =>
      lane.run("acknowledge commands", async (db, session) => {
        const documents = acks.map(({ machineId, ...ack }) => ({ ...ack, machine_id: machineId }));
        const inserted = await insertAcks(db, session, documents);
        const others = documents.map((it) => ackId(it.command, it.key)).filter((it) => !inserted.has(it));
        const found =
          others.length === 0
            ? []
            : await acksOf(db)
                .find({ _id: { $in: others } }, { session })
                .toArray();
        const byId = new Map(found.map((it) => [it._id, it]));
        return documents.map((ack) => {
          const id = ackId(ack.command, ack.key);
          return inserted.has(id) || isSameAnswer(ack, byId.get(id)) ? "stored" : "exists";
        });
      }),
    removeSeenBefore: (ageMs) => removeSeenBefore(lane, ageMs),
  };
}

/** Stamps commands as expired that nobody has seen yet. Safe to repeat: what is stamped is not written again. */
export async function expireUnseen(db: Db, session: ClientSession, ids: readonly CommandId[]): Promise<void> {
  const result = "it was there when the database was first used";
  const commands = ids.map((it) => it.text);
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

/** The ids of those that were inserted; the time of an answer that is there already stays. */
async function insertAcks(
  db: Db,
  session: ClientSession,
  acks: readonly Omit<AckDocument, "_id" | "at">[],
): Promise<ReadonlySet<string>> {
  const ids = acks.map((it) => ackId(it.command, it.key));
  const operations = acks.map((it) => ({ updateOne: ackUpsert(it) }));
  const { upsertedIds } = await acksOf(db)
    .bulkWrite(operations, { ordered: false, session })
    .catch((err: unknown) => {
      duplicatePositions(err);
      return (err as MongoBulkWriteError).result;
    });
  return new Set(Object.keys(upsertedIds).flatMap((position) => ids[Number(position)] ?? []));
}

/** The same answer of the same machine is an earlier try of this one. */
function isSameAnswer(ack: Omit<AckDocument, "_id" | "at">, there: AckDocument | undefined): boolean {
  return there?.machine_id === ack.machine_id && there.status === ack.status && there.result === ack.result;
}

/** Leaves an acknowledgement that is there as it is. */
function ackUpsert(ack: Omit<AckDocument, "_id" | "at">) {
  const fields = Object.entries(ack).map(([name, value]) => [name, keepFirst(name, literal(value))]);
  const update = [{ $set: { ...Object.fromEntries(fields), at: keepFirst("at", "$$NOW") } }];
  return { filter: { _id: ackId(ack.command, ack.key) }, update, upsert: true };
}

interface Sights {
  readonly now: EpochMs;
  readonly sights: ReadonlyMap<string, FirstSight>;
}

async function readSights(db: Db, session: ClientSession, commands: readonly string[]): Promise<Sights> {
  const now = await readServerTime(db, session);
  const filter = { _id: { $in: commands.map((it) => ackId(it, SEEN_KEY)) } };
  const found = await acksOf(db)
    .find(filter, { projection: { command: 1, at: 1, status: 1 }, session })
    .toArray();
  const sightIn = ({ at, status }: AckDocument) => ({ at: instantOf(at), status: status as FirstSight["status"] });
  return { now, sights: new Map(found.map((it) => [it.command, sightIn(it)])) };
}

function sightOf(
  command: string,
  sights: ReadonlyMap<string, FirstSight>,
  inserted: ReadonlySet<string>,
): FirstSight & { readonly isFirst: boolean } {
  const sight = sights.get(command);
  if (sight === undefined) throw new StoreUnavailableError("note that commands were seen", new Error("no stamp"));
  return { ...sight, isFirst: inserted.has(ackId(command, SEEN_KEY)) };
}

/** In parts, so that none of any number of commands takes long. */
async function removeSeenBefore(lane: Lane, ageMs: number): Promise<number> {
  const isOld = { key: SEEN_KEY, expire_at: { $exists: false }, $expr: { $lte: ["$at", serverTimeIn(-ageMs)] } };
  let ids: ReadonlyMap<string, unknown> | undefined;
  let removed = 0;
  for (;;) {
    const old = await lane.run("look for old commands", (db, session) =>
      acksOf(db)
        .find(isOld, { projection: { command: 1 }, limit: REMOVED_AT_ONCE, session })
        .toArray(),
    );
    if (old.length === 0) return removed;
    const commands = old.map((it) => it.command);
    const there = (ids ??= new Map(
      (await lane.run("read the commands", readCommandIds)).map((it) => [it.text, it.id]),
    ));
    const removable = commands.filter((it) => there.has(it)).map((it) => there.get(it));
    removed += await lane.run("remove old commands", async (db, session) => {
      const filter = { _id: { $in: removable } } as Document;
      const { deletedCount } = await db.collection("commands").deleteMany(filter, { session });
      // Answers begin to expire only when their command is gone: one that outlived them would be carried out again.
      await acksOf(db).updateMany(
        { command: { $in: commands }, expire_at: { $exists: false } },
        [{ $set: { expire_at: serverTimeIn(ACKS_OUTLIVE_MS) } }],
        { session },
      );
      return deletedCount;
    });
    if (old.length < REMOVED_AT_ONCE) return removed;
  }
}

function commandDocumentOf(found: BoundedDocument, parse: ParseCommand): CommandDocument {
  const id = distinctIdText(found.id);
  if (found.bytes === undefined) {
    const message = `the command has ${found.sizeBytes} bytes; at most ${DOCUMENT_BYTES_MAX} are read`;
    return { id, type: "", parsed: { ok: false, problems: [{ path: "", message, severity: "error" }] } };
  }
  const document = decodeExact(found.bytes);
  const { type } = document;
  return { id, type: typeof type === "string" ? type : "", parsed: parse(plainValue(document), id) };
}
