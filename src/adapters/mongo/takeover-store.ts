import type { ClientSession, Db, Document } from "mongodb";
import type { SessionId } from "../../model/member.ts";
import type { RunHold, RunId } from "../../model/run.ts";
import type { RunOwner, TakeoverStore } from "../../ports/run-store.ts";
import { runsOf } from "./collections.ts";
import { LIVE_STATUSES, runOf } from "./documents/run-document.ts";
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
    reassign: (run, to) =>
      lane.run("hand a run to another agent", async (db, session) => {
        const wasBegun = { $cond: [{ $eq: ["$handed_back", true] }, 0, 1] };
        const moved = await runsOf(db).updateOne(
          { ...LIVE, _id: run.id, session: run.session, token: run.token },
          [{ $set: { ...ownedBy(to), takeovers: { $add: ["$takeovers", wasBegun] } } }],
          { session },
        );
        if (moved.matchedCount === 1) return true;
        return isOwned(db, session, run, to);
      }),
    handBack: (hold, to, isUntouched) =>
      lane.run("hand a run back", async (db, session) => {
        const mark = isUntouched ? { handed_back: true } : {};
        const owner = to === undefined ? { seq: { $add: ["$seq", 1] } } : ownedBy(to);
        const moved = await runsOf(db).updateOne({ ...LIVE, ...holdFilter(hold) }, [{ $set: { ...owner, ...mark } }], {
          session,
        });
        if (moved.matchedCount === 1) return true;
        if (to !== undefined) return isOwned(db, session, hold, to);
        const marked = { ...holdFilter(hold), seq: hold.seq + 1, handed_back: true };
        return (await runsOf(db).findOne(marked, { projection: { _id: 1 }, session })) !== null;
      }),
    // When its answer is lost the next look at the own live runs finds the run again, with its next token. Answering
    // it from a read would give one run to two callers.
    adopt: (hold) =>
      lane.run("take over a run", async (db, session) => {
        const taken = await runsOf(db).findOneAndUpdate(
          { ...LIVE, ...holdFilter(hold) },
          { $inc: { token: 1, seq: 1 }, $unset: { handed_back: 1 } },
          { session, returnDocument: "after" },
        );
        return taken === null ? undefined : runOf(taken);
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

/** True after an earlier try of the same move whose answer was lost. */
async function isOwned(db: Db, session: ClientSession, before: RunHold, to: RunOwner): Promise<boolean> {
  const own = { _id: before.id, session: to.session, token: before.token + 1 };
  return (await runsOf(db).findOne(own, { projection: { _id: 1 }, session })) !== null;
}

function holdFilter(hold: RunHold): { _id: string; session: string; token: number; seq: number } {
  return { _id: hold.id, session: hold.session, token: hold.token, seq: hold.seq };
}
