import { type AnyBulkWriteOperation, ObjectId } from "mongodb";
import type { FleetEvent } from "../../model/event.ts";
import type { MonotonicMs } from "../../model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventLog } from "../../ports/event-log.ts";
import { eventsOf } from "./collections.ts";
import type { EventDocument } from "./documents/event-document.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal } from "./literal.ts";

interface Recorded {
  readonly id: ObjectId;
  readonly event: FleetEvent;
  readonly at: MonotonicMs;
}

/** What waits while MongoDB is away; the oldest are given up first. */
const QUEUE_MAX = 10_000;
const BATCH_SIZE = 200;

/** @param onError told about each batch that could not be stored; it is tried again with the next event or flush */
export function createEventLog(
  lane: Lane,
  clock: Pick<Clock, "monotonicNow">,
  onError: (err: unknown) => void = () => {},
): EventLog {
  const queue: Recorded[] = [];
  let flushing: Promise<void> | undefined;

  async function storeAll(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH_SIZE);
      try {
        await lane.run("store events", async (db, session) => {
          const now = clock.monotonicNow();
          const operations = batch.map((it) => insertOnce(it, now - it.at));
          await eventsOf(db).bulkWrite(operations, { ordered: false, session });
        });
      } catch (err) {
        onError(err);
        return;
      }
      // What was given up meanwhile stood at the front.
      const stored = new Set(batch);
      while (queue[0] !== undefined && stored.has(queue[0])) queue.shift();
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
      queue.push({ id: new ObjectId(), event, at: clock.monotonicNow() });
      if (queue.length > QUEUE_MAX) queue.shift();
      void flush();
    },
    flush,
  };
}

/**
 * A repeated batch stores nothing twice.
 * @param waitedMs how long ago it was recorded: what waited for MongoDB keeps the time at which it happened
 */
function insertOnce({ id, event }: Recorded, waitedMs: number): AnyBulkWriteOperation<EventDocument> {
  const fields = {
    at: keepFirst("at", { $subtract: ["$$NOW", literal(Math.max(0, Math.round(waitedMs)))] }),
    type: literal(event.type),
    message: literal(event.message),
    facts: literal(event.facts),
  };
  return { updateOne: { filter: { _id: id }, update: [{ $set: fields }], upsert: true } };
}
