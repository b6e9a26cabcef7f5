import type { AnyBulkWriteOperation, ClientSession, Db, Document } from "mongodb";
import type { SessionId } from "../../model/member.ts";
import type { RunHold, RunId } from "../../model/run.ts";
import type { HandingBack, Reassignment, RunOwner, TakeoverStore } from "../../ports/run-store.ts";
import { runsOf } from "./collections.ts";
import { LIVE_STATUSES, type RunDocument, runOf } from "./documents/run-document.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal } from "./literal.ts";

const LIVE = { status: { $in: LIVE_STATUSES } } as const;

export function createTakeoverStore(lane: Lane): TakeoverStore {
  return {
    sessionsWithLiveRuns: () =>
      lane.run("look who holds live runs", async (db, session) => {
        const sessions = await runsOf(db).distinct("session", LIVE, { session });
        return sessions.flatMap((it) => (it === undefined ? [] : [it as SessionId]));
      }),
    liveRunsOf: (holder) =>
      lane.run("read the live runs of a session", async (db, session) => {
        const live = await runsOf(db)
          .find({ ...LIVE, session: holder }, { session })
          .sort({ scheduled_for: 1 })
          .toArray();
        return live.map(runOf);
      }),
    liveHoldsOf: (holder) =>
      lane.run("look at the own live runs", async (db, session) => {
        const projection = { session: 1, token: 1, seq: 1, cancel_requested: 1 };
        const live = await runsOf(db)
          .find({ ...LIVE, session: holder }, { projection, session })
          .toArray();
        return live.map((it) => ({
          id: it._id as RunId,
          session: holder,
          token: it.token ?? 0,
          seq: it.seq ?? 0,
          cancelRequested: it.cancel_requested === true,
        }));
      }),
    reassign: (moves) =>
      moves.length === 0
        ? Promise.resolve([])
        : lane.run("hand runs to other agents", async (db, session) => {
            const moved = await runsOf(db).bulkWrite(moves.map(reassignment), { ordered: false, session });
            if (moved.matchedCount === moves.length) return moves.map(() => true);
            const now = await holdersOf(db, session, moves);
            return moves.map(({ hold, to }) => isHeldBy(now.get(hold.id), hold, to));
          }),
    handBack: (returns) =>
      returns.length === 0
        ? Promise.resolve([])
        : lane.run("hand runs back", async (db, session) => {
            const moved = await runsOf(db).bulkWrite(returns.map(handingBack), { ordered: false, session });
            if (moved.matchedCount === returns.length) return returns.map(() => true);
            const now = await holdersOf(db, session, returns);
            return returns.map(({ hold, to }) => {
              const document = now.get(hold.id);
              if (to !== undefined) return isHeldBy(document, hold, to);
              const isSame = document?.session === hold.session && document.token === hold.token;
              return isSame && document.seq === hold.seq + 1 && document.handed_back === true;
            });
          }),
    // When its answer is lost the next look at the own live runs finds them again, with their next token. Answering
    // from a read alone would give one run to two callers; where every update has met its run, all of them are ours.
    adopt: (holds) =>
      holds.length === 0
        ? Promise.resolve([])
        : lane.run("take over runs", async (db, session) => {
            const taken = await runsOf(db).bulkWrite(holds.map(adoption), { ordered: false, session });
            if (taken.matchedCount < holds.length) return holds.map(() => undefined);
            const found = await runsOf(db)
              .find({ ...LIVE, _id: { $in: holds.map((it) => it.id) } }, { session })
              .toArray();
            const byId = new Map(found.map((it) => [it._id, it]));
            return holds.map((hold) => {
              const document = byId.get(hold.id);
              const isOurs = document?.session === hold.session && document.token === hold.token + 1;
              return isOurs ? runOf(document) : undefined;
            });
          }),
    requestCancel: (run, reason) =>
      lane.run("ask for a run to be cancelled", async (db, session) => {
        const asked = await runsOf(db).updateOne(
          { ...LIVE, _id: run },
          [{ $set: { cancel_requested: true, cancel_reason: keepFirst("cancel_reason", literal(reason)) } }],
          { session },
        );
        if (asked.matchedCount === 1) return "requested";
        const known = await runsOf(db).findOne({ _id: run }, { projection: { _id: 1 }, session });
        return known === null ? "unknown_run" : "not_live";
      }),
  };
}

function ownedBy(to: RunOwner): Document {
  return {
    session: literal(to.session),
    executed_by_serial: literal(to.serial),
    claimed_by: literal(to.machineId),
    token: { $add: ["$token", 1] },
    seq: { $add: ["$seq", 1] },
  };
}

function reassignment({ hold, to, isCounted }: Reassignment): AnyBulkWriteOperation<RunDocument> {
  const wasBegun = { $cond: [{ $eq: ["$handed_back", true] }, 0, 1] };
  const takeovers = isCounted ? { takeovers: { $add: ["$takeovers", wasBegun] } } : {};
  const filter = { ...LIVE, _id: hold.id, session: hold.session, token: hold.token };
  return { updateOne: { filter, update: [{ $set: { ...ownedBy(to), ...takeovers } }] } };
}

function adoption(hold: RunHold): AnyBulkWriteOperation<RunDocument> {
  const update = { $inc: { token: 1, seq: 1 }, $unset: { handed_back: 1 as const } };
  return { updateOne: { filter: { ...LIVE, ...holdFilter(hold) }, update } };
}

function handingBack({ hold, to, isUntouched }: HandingBack): AnyBulkWriteOperation<RunDocument> {
  const mark = isUntouched ? { handed_back: true } : {};
  const owner = to === undefined ? { seq: { $add: ["$seq", 1] } } : ownedBy(to);
  return { updateOne: { filter: { ...LIVE, ...holdFilter(hold) }, update: [{ $set: { ...owner, ...mark } }] } };
}

/** In whose hands these runs are now: an earlier try of the same move may have been made without an answer. */
async function holdersOf(
  db: Db,
  session: ClientSession,
  moves: readonly { readonly hold: RunHold }[],
): Promise<ReadonlyMap<string, RunDocument>> {
  const projection = { session: 1, token: 1, seq: 1, handed_back: 1 };
  const found = await runsOf(db)
    .find({ _id: { $in: moves.map((it) => it.hold.id) } }, { projection, session })
    .toArray();
  return new Map(found.map((it) => [it._id, it]));
}

function isHeldBy(document: RunDocument | undefined, before: RunHold, to: RunOwner): boolean {
  return document?.session === to.session && document.token === before.token + 1;
}

function holdFilter(hold: RunHold): { _id: string; session: string; token: number; seq: number } {
  return { _id: hold.id, session: hold.session, token: hold.token, seq: hold.seq };
}
