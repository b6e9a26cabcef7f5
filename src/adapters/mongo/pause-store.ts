import type { UpdateFilter } from "mongodb";
import type { JobId } from "../../model/job.ts";
import type { JobPause } from "../../model/pause.ts";
import type { PauseStore } from "../../ports/pause-store.ts";
import { jobStatesOf } from "./collections.ts";
import { dateOf, instantOf } from "./documents/instants.ts";
import type { JobStateDocument } from "./documents/job-state-document.ts";
import type { Lane } from "./lane.ts";
import { noteCommand, notSteeredBy } from "./steered-by.ts";
import { isDuplicateKey } from "./translate-error.ts";

export function createPauseStore(lane: Lane): PauseStore {
  return {
    read: () =>
      lane.run("read the pauses", async (db, session) => {
        const found = await jobStatesOf(db)
          .find({ paused_until: { $exists: true } }, { projection: { paused_until: 1 }, session })
          .toArray();
        const pauses = new Map<JobId, JobPause>();
        for (const { _id, paused_until: until } of found) {
          const pause = pauseOf(until);
          if (pause !== undefined) pauses.set(_id as JobId, pause);
        }
        return pauses;
      }),
    set: (job, pause, command) =>
      lane.run("pause or resume a job", async (db, session) => {
        const until = pause === undefined ? undefined : pause.until === undefined ? true : dateOf(pause.until);
        const change: UpdateFilter<JobStateDocument> =
          until === undefined ? { $unset: { paused_until: "" } } : { $set: { paused_until: until } };
        try {
          await jobStatesOf(db).updateOne(
            { _id: job, ...notSteeredBy(command) },
            { ...change, ...noteCommand(command) },
            { upsert: true, session },
          );
        } catch (err) {
          // It is there and has noted this command.
          if (!isDuplicateKey(err)) throw err;
        }
      }),
  };
}

/**
 * `paused_until` as people write it too: a date, or `true` for no end; null and false are no pause. Whoever wrote
 * something else meant the job to stand still.
 */
export function pauseOf(until: unknown): JobPause | undefined {
  if (until === undefined || until === null || until === false) return undefined;
  if (until === true) return { until: undefined };
  const isDate = until instanceof Date && !Number.isNaN(until.getTime());
  return isDate ? { until: instantOf(until) } : { until: undefined, isUnreadable: true };
}
