import type { AnyBulkWriteOperation, ClientSession, Db, Document } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { EpochMs } from "../../model/time.ts";
import type { RunStore, RunWrite, WriteOutcome } from "../../ports/run-store.ts";
import { runsOf } from "./collections.ts";
import { dateOf } from "./documents/instants.ts";
import { endFields, LIVE_STATUSES, type RunDocument } from "./documents/run-document.ts";
import { stepDocument } from "./documents/step-document.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal } from "./literal.ts";
import { stepsReplaced } from "./steps-replaced.ts";

export function createRunStore(lane: Lane): RunStore {
  return {
    write: (writes) =>
      writes.length === 0
        ? Promise.resolve([])
        : lane.run("write into runs", async (db, session) => {
            const result = await runsOf(db).bulkWrite(writes.map(conditionalUpdate), { ordered: false, session });
            if (result.matchedCount === writes.length) return writes.map(() => "stored");
            return readBack(db, session, writes);
          }),
  };
}

function conditionalUpdate({ hold, change, keepMs }: RunWrite): AnyBulkWriteOperation<RunDocument> {
  const filter = {
    _id: hold.id,
    session: hold.session,
    token: hold.token,
    seq: hold.seq,
    status: { $in: LIVE_STATUSES },
    // Only an end as cancelled may follow a request to cancel.
    ...(change.end?.status === "cancelled" ? {} : { cancel_requested: { $ne: true } }),
  };
  const steps = change.steps.map(stepDocument);
  const end = change.end === undefined ? {} : endFields(change.end, keepMs);
  if (change.startAt === undefined && change.end?.status !== "cancelled") {
    const stepFields = steps.map((step) => [`steps.${step.index}`, step]);
    return { updateOne: { filter, update: { $set: { ...Object.fromEntries(stepFields), ...end }, $inc: { seq: 1 } } } };
  }
  // How late it starts, and why it was cancelled, follows from what stands in the document, so these are pipelines.
  const fields: Document = {
    ...(change.startAt === undefined ? {} : startFields(change.startAt)),
    seq: { $add: ["$seq", 1] },
    ...(steps.length === 0 ? {} : { steps: stepsReplaced("$steps", steps) }),
    ...Object.fromEntries(Object.entries(end).map(([name, value]) => [name, literal(value)])),
    ...(change.end?.status === "cancelled" ? { reason: keepFirst("cancel_reason", literal(change.end.reason)) } : {}),
  };
  return { updateOne: { filter, update: [{ $set: fields }] } };
}

function startFields(at: EpochMs): Document {
  return {
    status: "running",
    start_at: literal(dateOf(at)),
    late_ms: { $subtract: [literal(dateOf(at)), keepFirst("due_at", "$scheduled_for")] },
  };
}

/** Which of the writes hold, when not all of them met their run as they wanted it. */
async function readBack(db: Db, session: ClientSession, writes: readonly RunWrite[]): Promise<readonly WriteOutcome[]> {
  const ids = writes.map((it) => it.hold.id);
  const found = await runsOf(db)
    .find(
      { _id: { $in: ids } },
      { projection: { session: 1, token: 1, seq: 1, status: 1, cancel_requested: 1 }, session },
    )
    .toArray();
  const byId = new Map<string, RunDocument>(found.map((it) => [it._id, it]));
  return writes.map((write) => outcomeOf(write, byId.get(write.hold.id)));
}

function outcomeOf({ hold, change }: RunWrite, document: RunDocument | undefined): WriteOutcome {
  if (document?.session !== hold.session || document.token !== hold.token) return "lost";
  if (document.seq === hold.seq + 1) return "stored";
  if (document.seq !== hold.seq || !LIVE_STATUSES.some((it) => it === document.status)) return "lost";
  if (document.cancel_requested === true && change.end?.status !== "cancelled") return "cancel_requested";
  // The run stands as the write wants it, so the write may still arrive: only another try decides.
  throw new StoreUnavailableError("write into runs", new Error("the write was not applied yet"));
}
