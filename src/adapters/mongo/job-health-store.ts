import type { AnyBulkWriteOperation, Document } from "mongodb";
import type { RunStatus } from "../../model/run.ts";
import type { JobHealth, JobHealthStore } from "../../ports/job-health-store.ts";
import { jobStatesOf } from "./collections.ts";
import type { JobStateDocument } from "./documents/job-state-document.ts";
import { dateOf } from "./documents/instants.ts";
import type { Lane } from "./lane.ts";
import { literal } from "./literal.ts";
import { duplicatePositions } from "./translate-error.ts";

/** Reports that travel in one write. */
const BATCH_SIZE = 500;

export function createJobHealthStore(lane: Lane): JobHealthStore {
  return {
    async publish(reports) {
      for (let from = 0; from < reports.length; from += BATCH_SIZE) {
        const updates = reports.slice(from, from + BATCH_SIZE).map(reportUpdate);
        await lane.run("publish the state of the jobs", (db, session) =>
          jobStatesOf(db)
            .bulkWrite(updates, { ordered: false, session })
            .then(
              () => {},
              (err) => void duplicatePositions(err),
            ),
        );
      }
    },
    noteEnd: ({ jobId, run, status, endAt }) =>
      lane.run("note the end of a run", async (db, session) => {
        const isOther = { $ne: ["$last_run.id", literal(run)] };
        const failures = { $ifNull: ["$failures_in_row", 0] };
        const fields: Document = {
          job_id: literal(jobId),
          // Noting the same end twice counts once.
          failures_in_row: { $cond: [isOther, failuresAfter(status, failures), failures] },
          ...(status === "ok" ? { last_success_at: { $max: ["$last_success_at", literal(dateOf(endAt))] } } : {}),
        };
        const lastRun = { last_run: literal({ id: run, status, end_at: dateOf(endAt) }) };
        await jobStatesOf(db).updateOne({ _id: jobId }, [{ $set: fields }, { $set: lastRun }], {
          upsert: true,
          session,
        });
      }),
  };
}

function reportUpdate({ jobId, name, revision, valid, problems }: JobHealth): AnyBulkWriteOperation<JobStateDocument> {
  return {
    updateOne: {
      filter: { _id: jobId },
      update: { $set: { job_id: jobId, name, revision, valid, problems } },
      upsert: true,
    },
  };
}

function failuresAfter(status: RunStatus, failures: Document): Document | number {
  switch (status) {
    case "ok":
      return 0;
    case "error":
    case "unknown":
    case "interrupted":
      return { $add: [failures, 1] };
    case "cancelled":
    case "missed":
    case "skipped":
    case "waiting":
    case "running":
      return failures;
  }
}
