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

/** Rows of one answer: few enough that other work of this process gets its turn between two answers. */
const BATCH_ROWS = 1_000;

/** Reads documents of any shape without decoding them. */
export async function readBounded(
  collection: Collection,
  filter: Document,
  session: ClientSession,
): Promise<readonly EncodedRow[]> {
  const rows: EncodedRow[] = [];
  await eachBounded(collection, filter, session, (row) => void rows.push(row));
  return rows;
}

/**
 * Hands out documents of any shape one by one without decoding them, in the order of the answer. Whoever keeps a row
 * keeps the whole answer that it is a view into, so what is kept for long is to be copied.
 */
export async function eachBounded(
  collection: Collection,
  filter: Document,
  session: ClientSession,
  take: (row: EncodedRow) => void,
): Promise<void> {
  const size = { $bsonSize: "$$ROOT" };
  const document = { $cond: [{ $lte: [size, DOCUMENT_BYTES_MAX] }, "$$ROOT", "$$REMOVE"] };
  const pipeline = [{ $match: filter }, { $project: { size, document } }];
  const cursor = collection.aggregate(pipeline, { session, raw: true, batchSize: BATCH_ROWS });
  // With `raw` the driver answers bytes, which its types do not tell.
  for await (const row of cursor) take(row as unknown as EncodedRow);
}

export function decodeRow(row: EncodedRow): BoundedDocument {
  const { _id, size, document } = decodeShallow(row);
  return { id: exactId(_id), sizeBytes: Number(size), bytes: document instanceof Uint8Array ? document : undefined };
}
