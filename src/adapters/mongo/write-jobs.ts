import { BSON, type ClientSession, type Db, type Document, ObjectId } from "mongodb";
import type { JobId } from "../../model/job.ts";
import type { DocumentValue, JobEditor } from "../../ports/job-editor.ts";
import { bsonDocument, bsonValue } from "./bson-from-plain.ts";
import { decodeExact, idText } from "./bson-exact.ts";
import { extendedValue } from "./extended-value.ts";
import type { Lane } from "./lane.ts";
import { isDuplicateKey } from "./translate-error.ts";

/** The `jobs` collection as people write it. */
export function createJobEditor(lane: Lane): JobEditor {
  return {
    idText: (id) => idText(bsonValue(id)) as JobId,
    read: (id) =>
      lane.run("read a job", async (db, session) => {
        const found = await readExact(db, session, id);
        return found === undefined ? undefined : (extendedValue(found) as Readonly<Record<string, DocumentValue>>);
      }),
    create: (fields) =>
      lane.run("make a job", async (db, session) => {
        const { _id: id = new ObjectId(), ...rest } = bsonDocument(fields);
        try {
          await db.collection("jobs").insertOne({ _id: id, ...rest }, { session });
          return { outcome: "created", id: idText(id) as JobId };
        } catch (error) {
          if (isDuplicateKey(error)) return { outcome: "exists" };
          throw error;
        }
      }),
    replace: (id, fields) =>
      lane.run("change a job", async (db, session) => {
        const found = await readExact(db, session, id);
        if (found === undefined) return "gone";
        const { _id: storedId, ...before } = found;
        const after = bsonDocument(fields);
        delete after["_id"];
        if (contentText(before) === contentText(after)) return "unchanged";
        const { matchedCount } = await db.collection("jobs").replaceOne({ _id: storedId }, after, { session });
        return matchedCount === 1 ? "replaced" : "gone";
      }),
  };
}

async function readExact(db: Db, session: ClientSession, id: JobId): Promise<Document | undefined> {
  const filter: Document = { _id: { $in: idsThatReadAs(id) } };
  const rows: unknown[] = await db.collection("jobs").find(filter, { session, raw: true, limit: 1 }).toArray();
  const [row] = rows as Uint8Array[];
  return row === undefined ? undefined : decodeExact(row);
}

/** The values of `_id` whose text is this: an ObjectId and a text may read the same. */
function idsThatReadAs(id: JobId): readonly unknown[] {
  const ids: unknown[] = [id];
  if (/^[0-9a-f]{24}$/.test(id)) ids.push(new ObjectId(id));
  // All else is canonical Extended JSON, which for single values is an object or a word.
  if (/^[{[]|^(null|true|false)$/.test(id)) ids.push(...extendedJson(id));
  return ids;
}

function extendedJson(text: string): readonly unknown[] {
  try {
    return [BSON.EJSON.parse(text, { relaxed: false })];
  } catch {
    return [];
  }
}

/** The meaning of a content: in which type of BSON a number is stored does not matter, the order of keys does. */
function contentText(document: Document): string {
  const value = extendedValue(decodeExact(BSON.serialize(document)));
  return JSON.stringify(value, (_key, it: unknown) => (typeof it === "bigint" ? { $numberLong: String(it) } : it));
}
