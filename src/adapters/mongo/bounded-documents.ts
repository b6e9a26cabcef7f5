import type { ClientSession, Collection, Document } from "mongodb";
import { decodeShallow, exactId } from "./bson-exact.ts";

/** Documents above this are named but not loaded. */
export const DOCUMENT_BYTES_MAX = 256 * 1024;

/** A document that people wrote, as it came over the wire. */
export interface BoundedDocument {
  readonly id: unknown;
  /** Size in the database. */
  readonly sizeBytes: number;
  /** BSON of the whole document; `undefined` when it is too large. */
  readonly bytes: Uint8Array | undefined;
}

/** A row of the answer, still encoded: equal bytes are an equal document. */
export type EncodedRow = Uint8Array;

/** Reads documents of any shape without decoding them. */
export async function readBounded(
  collection: Collection,
  filter: Document,
  session: ClientSession,
): Promise<readonly EncodedRow[]> {
  const size = { $bsonSize: "$$ROOT" };
  const document = { $cond: [{ $lte: [size, DOCUMENT_BYTES_MAX] }, "$$ROOT", "$$REMOVE"] };
  const pipeline = [{ $match: filter }, { $project: { size, document } }];
  const rows: unknown[] = await collection.aggregate(pipeline, { session, raw: true }).toArray();
  // With `raw` the driver answers bytes, which its types do not tell.
  return rows as EncodedRow[];
}

export function decodeRow(row: EncodedRow): BoundedDocument {
  const { _id, size, document } = decodeShallow(row);
  return { id: exactId(_id), sizeBytes: Number(size), bytes: document instanceof Uint8Array ? document : undefined };
}
