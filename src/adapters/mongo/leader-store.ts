import type { Leader } from "../../model/member.ts";
import type { FleetView, LeaderStore, NextLeader } from "../../ports/leader-store.ts";
import { leaderIn, viewIn } from "./collections.ts";
import { leaderOf, NO_LEADER, viewMemberDocument, viewOf } from "./documents/fleet-documents.ts";
import type { Lane } from "./lane.ts";
import { literal } from "./literal.ts";
import { isDuplicateKey } from "./translate-error.ts";

const NO_VIEW: FleetView = { version: 0, members: [] };

export function createLeaderStore(lane: Lane): LeaderStore {
  async function createIfAbsent(): Promise<void> {
    await lane.run("prepare the leadership", async (db, session) => {
      const nobody = { session: null, serial: null, machine_id: null, term: 0 };
      try {
        await leaderIn(db).updateOne({ _id: "leader" }, { $setOnInsert: nobody }, { upsert: true, session });
      } catch (err) {
        if (!isDuplicateKey(err)) throw err;
      }
    });
  }

  return {
    read: (known = NO_VIEW) =>
      lane.run("read the leader", async (db, session) => {
        const leader = await leaderIn(db).findOne({ _id: "leader" }, { session });
        const view = await viewIn(db).findOne({ _id: "view", version: { $ne: known.version } }, { session });
        return {
          leader: leader === null ? NO_LEADER : leaderOf(leader),
          view: view === null ? known : viewOf(view),
        };
      }),
    async move(from, to) {
      if (from.session === null && from.term === 0) await createIfAbsent();
      return lane.run("move the leadership", async (db, session) => {
        const moved = await leaderIn(db).findOneAndUpdate(
          { _id: "leader", session: from.session, term: from.term },
          { $set: { session: to.session, serial: to.serial, machine_id: to.machineId }, $inc: { term: 1 } },
          { session, returnDocument: "after" },
        );
        const after = moved ?? (await leaderIn(db).findOne({ _id: "leader" }, { session }));
        // Also when an earlier try of the same move was applied and its answer lost.
        return after !== null && isMove(leaderOf(after), from, to) ? leaderOf(after) : undefined;
      });
    },
    publish: (term, members) =>
      lane.run("publish the live members", async (db, session) => {
        const leader = await leaderIn(db).findOne({ _id: "leader" }, { session });
        if (leader?.term !== term) return false;
        const list = literal(members.map(viewMemberDocument));
        const nextVersion = { $add: [{ $ifNull: ["$version", 0] }, 1] };
        const version = { $cond: [{ $eq: ["$members", list] }, "$version", nextVersion] };
        const update = [{ $set: { version } }, { $set: { term: literal(term), members: list } }];
        try {
          await viewIn(db).updateOne({ _id: "view", term: { $lte: term } }, update, { upsert: true, session });
          return true;
        } catch (err) {
          // There is a view of a later term.
          if (isDuplicateKey(err)) return false;
          throw err;
        }
      }),
  };
}

function isMove(after: Leader, from: Leader, to: NextLeader): boolean {
  return after.term === from.term + 1 && after.session === to.session;
}
