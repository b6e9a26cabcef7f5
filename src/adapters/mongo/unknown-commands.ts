import type { ClientSession, Db } from "mongodb";
import { decodeShallow, exactId, idText } from "./bson-exact.ts";

/** Ids of any type, oldest insertion first as far as they tell. */
export async function readCommandIds(db: Db, session: ClientSession): Promise<readonly unknown[]> {
  const options = { projection: { _id: 1 }, session, raw: true } as const;
  const rows: unknown[] = await db.collection("commands").find({}, options).sort({ _id: 1 }).toArray();
  return (rows as Uint8Array[]).map((row) => exactId(decodeShallow(row)["_id"]));
}

/** All ids as they were at one look, and how far they have been handed out. */
interface Look {
  readonly ids: readonly unknown[];
  readonly next: number;
  /** What was handed out last, as texts. */
  readonly page: readonly string[];
}

/** A page of ids, oldest first, of which none is in `known`. */
export type ReadUnknownIds = (
  db: Db,
  session: ClientSession,
  known: ReadonlySet<string>,
  limit: number,
) => Promise<readonly unknown[]>;

/**
 * Hands out unknown ids in pages, with one look at all ids for as many full pages as it gives. It goes on from an
 * earlier look only while whoever asks knows the page before, and a page that is not full comes from a look of its own:
 * so nothing is left out, whatever was inserted or went wrong in between.
 */
export function createUnknownIds(): ReadUnknownIds {
  let look: Look | undefined;

  return async (db, session, known, limit) => {
    if (look?.page.every((it) => known.has(it))) {
      const { page, next } = pageFrom(look, known, limit);
      if (page.length === limit) {
        look = { ids: look.ids, next, page: page.map(idText) };
        return page;
      }
    }
    const ids = await readCommandIds(db, session);
    const { page, next } = pageFrom({ ids, next: 0 }, known, limit);
    look = page.length < limit ? undefined : { ids, next, page: page.map(idText) };
    return page;
  };
}

function pageFrom(
  { ids, next }: Pick<Look, "ids" | "next">,
  known: ReadonlySet<string>,
  limit: number,
): { readonly page: readonly unknown[]; readonly next: number } {
  const page: unknown[] = [];
  let at = next;
  for (; at < ids.length && page.length < limit; at++) {
    if (!known.has(idText(ids[at]))) page.push(ids[at]);
  }
  return { page, next: at };
}
