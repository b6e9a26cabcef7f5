import type { AnyBulkWriteOperation, ClientSession, Db, Document, UpdateFilter } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import { type RunChange, type StepKey, stepKey } from "../../model/run.ts";
import type { EpochMs } from "../../model/time.ts";
import type { RunStore, RunWrite, WriteOutcome } from "../../ports/run-store.ts";
import { runsOf } from "./collections.ts";
import { dateOf } from "./documents/instants.ts";
import { endFields, LIVE_STATUSES, type RunDocument } from "./documents/run-document.ts";
import { type StepDocument, stepDocument } from "./documents/step-document.ts";
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
    ...(mayFollowCancel(change) ? {} : { cancel_requested: { $ne: true } }),
  };
  // How late it starts, and why it was cancelled, follows from what stands in the document, so those are pipelines.
  const isPlain = change.startAt === undefined && change.end?.status !== "cancelled";
  return { updateOne: { filter, update: isPlain ? plainUpdate(change, keepMs) : pipelineOf(change, keepMs) } };
}

function plainUpdate(change: RunChange, keepMs: number | undefined): UpdateFilter<RunDocument> {
  const { outer, inner, gone } = placesOf(change);
  const steps = [...outer.map((it) => [`steps.${it.index}`, it]), ...inner];
  const end = change.end === undefined ? {} : endFields(change.end, keepMs);
  return {
    $set: { ...Object.fromEntries(steps), ...end },
    ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone.map((path) => [path, true])) }),
    $inc: { seq: 1 },
  };
}

function pipelineOf(change: RunChange, keepMs: number | undefined): Document[] {
  const { outer, inner, gone } = placesOf(change);
  const end = change.end === undefined ? {} : endFields(change.end, keepMs);
  const fields: Document = {
    ...(change.startAt === undefined ? {} : startFields(change.startAt)),
    seq: { $add: ["$seq", 1] },
    ...(outer.length === 0 ? {} : { steps: stepsReplaced("$steps", outer) }),
    ...Object.fromEntries([...inner, ...Object.entries(end)].map(([path, value]) => [path, literal(value)])),
    ...(change.end?.status === "cancelled" ? { reason: keepFirst("cancel_reason", literal(change.end.reason)) } : {}),
  };
  return [{ $set: fields }, ...(gone.length === 0 ? [] : [{ $unset: gone }])];
}

interface StepPlaces {
  readonly outer: readonly StepDocument[];
  /** With the path of each in the document. */
  readonly inner: readonly (readonly [path: string, step: StepDocument])[];
  /** Paths of what is taken out. */
  readonly gone: readonly string[];
}

function placesOf({ steps, forgotten = [] }: RunChange): StepPlaces {
  const outer = steps.filter((it) => it.parent === undefined).map(stepDocument);
  const inner = steps
    .filter((it) => it.parent !== undefined)
    .map((it) => [innerPath(stepKey(it)), stepDocument(it)] as const);
  const kept = new Set(inner.map(([path]) => path));
  return { outer, inner, gone: forgotten.map(innerPath).filter((path) => !kept.has(path)) };
}

/** Keys of steps are figures and slashes, so each is one field of the map. */
function innerPath(key: StepKey): string {
  return `inner_steps.${key}`;
}

/** After a request to cancel come an end as cancelled and, before it, what cleans up. */
function mayFollowCancel({ end, despiteCancel }: RunChange): boolean {
  return end === undefined ? despiteCancel === true : end.status === "cancelled";
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
  if (document.cancel_requested === true && !mayFollowCancel(change)) return "cancel_requested";
  // The run stands as the write wants it, so the write may still arrive: only another try decides.
  throw new StoreUnavailableError("write into runs", new Error("the write was not applied yet"));
}
