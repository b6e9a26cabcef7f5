import type { ClientSession, Db } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { JobId } from "../../model/job.ts";
import type { LiveRun, LiveStatus, NoRun, Run, RunId } from "../../model/run.ts";
import type { ClaimOutcome, ClaimStore } from "../../ports/claim-store.ts";
import { runsOf } from "./collections.ts";
import { dateOf, instantOf, instantOrUndefined } from "./documents/instants.ts";
import { isRun, LIVE_STATUSES, type RunDocument, runDocument } from "./documents/run-document.ts";
import type { Lane } from "./lane.ts";
import { duplicatePositions } from "./translate-error.ts";

/** Records that travel in one insert. */
const BATCH_SIZE = 250;

export function createClaimStore(lane: Lane): ClaimStore {
  return {
    async insert(records) {
      const outcomes: ClaimOutcome[] = [];
      for (let from = 0; from < records.length; from += BATCH_SIZE) {
        const batch = records.slice(from, from + BATCH_SIZE);
        outcomes.push(...(await lane.run("claim occurrences", (db, session) => insertBatch(db, session, batch))));
      }
      return outcomes;
    },
    firstRecordIn: (job, scope, { after, upTo }) =>
      lane.run("look for records", async (db, session) => {
        const scheduled_for = { $gt: dateOf(after), $lte: dateOf(upTo) };
        const first = await runsOf(db).findOne(
          { job_id: job, scheduled_for, trigger: "schedule", scope: scope ?? null },
          { projection: { scheduled_for: 1 }, sort: { scheduled_for: 1 }, session },
        );
        return first === null ? undefined : instantOf(first.scheduled_for);
      }),
    runsAmong: (ids) =>
      lane.run("look which occurrences have a run", async (db, session) => {
        const filter = { _id: { $in: [...ids] }, session: { $exists: true } };
        const found = await runsOf(db)
          .find(filter, { projection: { _id: 1 }, session })
          .toArray();
        return new Set(found.map((it) => it._id as RunId));
      }),
    liveRuns: (jobs, scope) =>
      lane.run("look for live runs", async (db, session) => {
        const filter = {
          status: { $in: LIVE_STATUSES },
          job_id: { $in: jobs },
          trigger: { $ne: "manual" },
          scope: scope ?? null,
        } as const;
        const projection = { job_id: 1, trigger: 1, scheduled_for: 1, status: 1, cancel_requested: 1 };
        const live = await runsOf(db).find(filter, { projection, session }).sort({ scheduled_for: 1 }).toArray();
        return live.map(liveRunOf);
      }),
  };
}

function liveRunOf(
  it: Pick<RunDocument, "_id" | "job_id" | "trigger" | "scheduled_for" | "status" | "cancel_requested">,
): LiveRun {
  return {
    id: it._id as RunId,
    jobId: it.job_id as JobId,
    trigger: it.trigger,
    scheduledFor: instantOf(it.scheduled_for),
    status: it.status as LiveStatus,
    cancelRequested: it.cancel_requested === true,
  };
}

async function insertBatch(
  db: Db,
  session: ClientSession,
  records: readonly (Run | NoRun)[],
): Promise<readonly ClaimOutcome[]> {
  const documents = records.map(runDocument);
  const taken = await runsOf(db)
    .insertMany(documents, { ordered: false, session })
    .then(() => new Set<number>(), duplicatePositions);
  if (taken.size === 0) return documents.map(() => ({ outcome: "inserted" }));
  const ids = [...taken].flatMap((position) => documents[position]?._id ?? []);
  const found = await runsOf(db)
    .find(
      { _id: { $in: ids } },
      { projection: { session: 1, token: 1, claimed_at: 1, recorded_by: 1, recorded_at: 1, last: 1 }, session },
    )
    .toArray();
  const byId = new Map(found.map((it) => [it._id, it]));
  return records.map((record, position) =>
    taken.has(position) ? outcomeOf(record, byId.get(record.id)) : { outcome: "inserted" },
  );
}

type Existing = Pick<RunDocument, "session" | "token" | "claimed_at" | "recorded_by" | "recorded_at" | "last">;

function outcomeOf(record: Run | NoRun, existing: Existing | undefined): ClaimOutcome {
  // A record that stands in the way of an insert and is not there a moment later: nothing can be said, so ask again.
  if (existing === undefined)
    throw new StoreUnavailableError("claim occurrences", new Error("the other record vanished"));
  if (isOwn(record, existing)) return { outcome: "inserted" };
  return { outcome: "exists", stretchLast: instantOrUndefined(existing.last) };
}

/** True for what an earlier try of the same insert stored. */
function isOwn(record: Run | NoRun, existing: Existing): boolean {
  if (isRun(record)) {
    const sameHold = existing.session === record.session && existing.token === record.token;
    return sameHold && existing.claimed_at?.getTime() === record.claimedAt;
  }
  return existing.recorded_by === record.recordedBy && existing.recorded_at?.getTime() === record.recordedAt;
}
