import type { Filter } from "mongodb";
import type { EventQuery, EventReader } from "../../ports/event-reader.ts";
import { eventsOf } from "./collections.ts";
import type { EventDocument } from "./documents/event-document.ts";
import { dateOf, instantOf } from "./documents/instants.ts";
import type { Lane } from "./lane.ts";

/** The `events` collection, for people to read. */
export function createEventReader(lane: Lane): EventReader {
  return {
    find: (query) =>
      lane.run("read the events", async (db, session) => {
        const direction = query.prefer === "latest" ? -1 : 1;
        const found = await eventsOf(db)
          .find(eventFilter(query), { session })
          .sort({ at: direction })
          .limit(query.limit)
          .toArray();
        if (query.prefer === "latest") found.reverse();
        return found.map(({ at, type, message, facts }) => ({ at: instantOf(at), type, message, facts }));
      }),
    oldest: () =>
      lane.run("read the oldest event", async (db, session) => {
        const [first] = await eventsOf(db)
          .find({}, { projection: { at: 1 }, session })
          .sort({ at: 1 })
          .limit(1)
          .toArray();
        return first === undefined ? undefined : instantOf(first.at);
      }),
  };
}

function eventFilter({ types, jobId, from, upTo }: EventQuery): Filter<EventDocument> {
  const isBounded = from !== undefined || upTo !== undefined;
  const at = {
    ...(from === undefined ? {} : { $gte: dateOf(from) }),
    ...(upTo === undefined ? {} : { $lte: dateOf(upTo) }),
  };
  return {
    type: { $in: types },
    ...(jobId === undefined ? {} : { "facts.job_id": jobId }),
    ...(isBounded ? { at } : {}),
  };
}
