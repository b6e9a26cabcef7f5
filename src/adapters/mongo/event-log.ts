import { type AnyBulkWriteOperation, type Collection, type Db, ObjectId } from "mongodb";
import type { FleetEvent } from "../../model/event.ts";
import type { EventLog } from "../../ports/event-log.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal } from "./literal.ts";

interface EventDocument {
  readonly _id: ObjectId;
  /** By the server's clock, when it was stored. */
  readonly at: Date;
  readonly type: string;
  readonly message: string;
  readonly facts: FleetEvent["facts"];
}

interface Recorded {
  readonly id: ObjectId;
  readonly event: FleetEvent;
}

/** What waits while MongoDB is away; the oldest are given up first. */
const QUEUE_MAX = 1_000;
const BATCH_SIZE = 200;

/** @param onError told about each batch that could not be stored; it is tried again with the next event or flush */
export function createEventLog(lane: Lane, onError: (err: unknown) => void = () => {}): EventLog {
  let queue: readonly Recorded[] = [];
  let flushing: Promise<void> | undefined;

  async function storeAll(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH_SIZE);
      try {
        await lane.run("store events", async (db, session) => {
          await eventsOf(db).bulkWrite(batch.map(insertOnce), { ordered: false, session });
        });
      } catch (err) {
        onError(err);
        return;
      }
      const stored = new Set(batch);
      queue = queue.filter((it) => !stored.has(it));
    }
  }

  async function flush(): Promise<void> {
    flushing ??= storeAll().finally(() => {
      flushing = undefined;
    });
    await flushing;
  }

  return {
    record(event) {
      queue = [...queue, { id: new ObjectId(), event }].slice(-QUEUE_MAX);
      void flush();
    },
    flush,
  };
}

/** A repeated batch stores nothing twice. */
function insertOnce({ id, event }: Recorded): AnyBulkWriteOperation<EventDocument> {
  const fields = {
    at: keepFirst("at", "$$NOW"),
    type: literal(event.type),
    message: literal(event.message),
    facts: literal(event.facts),
  };
  return { updateOne: { filter: { _id: id }, update: [{ $set: fields }], upsert: true } };
}

function eventsOf(db: Db): Collection<EventDocument> {
  return db.collection("events");
}
