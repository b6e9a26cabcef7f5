import type { ClientSession, Db } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { EpochMs } from "../../model/time.ts";
import type { ServerTime } from "../../ports/server-time.ts";
import { instantOf } from "./documents/instants.ts";
import type { Lane } from "./lane.ts";

/** `$$NOW` of the server that answers, as leases use it. */
export async function readServerTime(db: Db, session: ClientSession): Promise<EpochMs> {
  const pipeline = [{ $documents: [{}] }, { $project: { now: "$$NOW" } }];
  const [answer] = await db.aggregate<{ readonly now: Date }>(pipeline, { session }).toArray();
  if (answer === undefined) throw new StoreUnavailableError("read the server's time", new Error("an empty answer"));
  return instantOf(answer.now);
}

export function createServerTime(lane: Lane): ServerTime {
  return { now: () => lane.run("read the server's time", readServerTime) };
}
