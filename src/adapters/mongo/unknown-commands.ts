import type { ClientSession, Db } from "mongodb";
import { decodeShallow, exactId, distinctIdText } from "./bson-exact.ts";

/** An id of any type, and the text that stands for it. */
export interface CommandId {
  readonly id: unknown;
  readonly text: string;
}

/** Ids that are taken in between two looks at other work: there may be 10^5 of them. */
const BATCH_SIZE = 2_000;

/** Oldest insertion first as far as the ids tell. */
export async function readCommandIds(db: Db, session: ClientSession): Promise<readonly CommandId[]> {
  const options = { projection: { _id: 1 }, session, raw: true, batchSize: BATCH_SIZE } as const;
  const ids: CommandId[] = [];
  // With `raw` the driver answers bytes, which its types do not tell.
  const rows = db.collection("commands").find({}, options).sort({ _id: 1 }) as unknown as AsyncIterable<Uint8Array>;
  for await (const row of rows) {
    const id = exactId(decodeShallow(row)["_id"]);
    ids.push({ id, text: distinctIdText(id) });
  }
  return ids;
}

/** All ids as they were at one look, and how far they have been handed out. */
interface Look {
  readonly ids: readonly CommandId[];
  readonly next: number;
  /** What was handed out last. */
  readonly page: readonly CommandId[];
}

/** A page of ids, oldest first, of which none is in `known`. */
export type ReadUnknownIds = (
  db: Db,
  session: ClientSession,
  known: ReadonlySet<string>,
  limit: number,
) => Promise<readonly CommandId[]>;

/**
 * Hands out unknown ids in pages, with one look at all ids for as many full pages as it gives. It goes on from an
 * earlier look only while whoever asks knows the page before, and a page that is not full comes from a look of its own:
 * so nothing is left out, whatever was inserted or went wrong in between.
 */
export function createUnknownIds(): ReadUnknownIds {
  let look: Look | undefined;

  return async (db, session, known, limit) => {
    if (look?.page.every((it) => known.has(it.text))) {
      const { page, next } = pageFrom(look, known, limit);
      if (page.length === limit) {
        look = { ids: look.ids, next, page };
        return page;
      }
    }
    const ids = await readCommandIds(db, session);
    const { page, next } = pageFrom({ ids, next: 0 }, known, limit);
    look = page.length < limit ? undefined : { ids, next, page };
    return page;
  };
}

function pageFrom(
  { ids, next }: Pick<Look, "ids" | "next">,
  known: ReadonlySet<string>,
  limit: number,
): { readonly page: readonly CommandId[]; readonly next: number } {
  const page: CommandId[] = [];
  let at = next;
  for (; at < ids.length && page.length < limit; at++) {
    const id = ids[at];
    if (id !== undefined && !known.has(id.text)) page.push(id);
  }
  return { page, next: at };
}
