import type { ClientSession, Db } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { JobId } from "../../model/job.ts";
import type { NoRun, Run, RunId } from "../../model/run.ts";
import type { ClaimOutcome, ClaimStore } from "../../ports/claim-store.ts";
import { runsOf } from "./collections.ts";
import { instantOrUndefined } from "./documents/instants.ts";
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
    liveRuns: (jobs, scope) =>
      lane.run("look for live runs", async (db, session) => {
        const filter = {
          status: { $in: LIVE_STATUSES },
          job_id: { $in: jobs },
          trigger: "schedule",
          scope: scope ?? null,
        } as const;
        const live = await runsOf(db)
          .find(filter, { projection: { job_id: 1 }, session })
          .toArray();
        return new Map(live.map((it) => [it.job_id as JobId, it._id as RunId]));
      }),
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
