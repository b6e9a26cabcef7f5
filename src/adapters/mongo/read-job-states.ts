import type { JobId } from "../../model/job.ts";
import type { RunId } from "../../model/run.ts";
import type { JobState, JobStateReader } from "../../ports/job-state-reader.ts";
import { jobStatesOf } from "./collections.ts";
import { instantOf, instantOrUndefined } from "./documents/instants.ts";
import type { JobStateDocument } from "./documents/job-state-document.ts";
import type { Lane } from "./lane.ts";
import { pauseOf } from "./pause-store.ts";

/** The `job_state` collection, for people to read. */
export function createJobStateReader(lane: Lane): JobStateReader {
  return {
    readStates: (jobs) =>
      lane.run("read the states of the jobs", async (db, session) => {
        const filter = jobs === undefined ? {} : { _id: { $in: jobs } };
        const projection = { last_run: 1, last_success_at: 1, failures_in_row: 1, paused_until: 1 };
        const found = await jobStatesOf(db).find(filter, { projection, session }).toArray();
        return new Map(found.map((it) => [it._id as JobId, jobStateOf(it)]));
      }),
  };
}

function jobStateOf({
  last_run: last,
  last_success_at: success,
  failures_in_row: failures,
  paused_until: pausedUntil,
}: JobStateDocument): JobState {
  const pause = pauseOf(pausedUntil);
  return {
    ...(pause === undefined ? {} : { pause }),
    lastRun:
      last === undefined ? undefined : { id: last.id as RunId, status: last.status, endAt: instantOf(last.end_at) },
    lastSuccessAt: instantOrUndefined(success),
    failuresInRow: failures ?? 0,
  };
}
