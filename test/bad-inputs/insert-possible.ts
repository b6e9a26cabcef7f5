import { type Collection, type Document, MongoBulkWriteError } from "mongodb";

/** Inserts those of the documents that the server takes; answers how many these were. */
export async function insertPossible(collection: Collection, documents: readonly Document[]): Promise<number> {
  try {
    return (await collection.insertMany([...documents], { ordered: false })).insertedCount;
  } catch (err) {
    if (err instanceof MongoBulkWriteError) return err.insertedCount;
    throw err;
  }
}
