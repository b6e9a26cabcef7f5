import { targetValue } from "../../model/command.ts";
import { type CommandAck, type CommandSender, FLEET_VERDICT } from "../../ports/command-sender.ts";
import { distinctIdText } from "./bson-exact.ts";
import { bsonDocument } from "./bson-from-plain.ts";
import { acksOf } from "./collections.ts";
import { type AckDocument, SEEN_KEY } from "./documents/ack-document.ts";
import { dateOf, instantOf } from "./documents/instants.ts";
import type { Lane } from "./lane.ts";

/** The `commands` collection as people write it. */
export function createCommandSender(lane: Lane): CommandSender {
  return {
    send: ({ type, target, args, createdAt, expiresAt }) =>
      lane.run("send a command", async (db, session) => {
        const document = {
          type,
          target: targetValue(target),
          ...(Object.keys(args).length === 0 ? {} : { args: bsonDocument(args) }),
          created_at: dateOf(createdAt),
          ...(expiresAt === undefined ? {} : { expires_at: dateOf(expiresAt) }),
        };
        const { insertedId } = await db.collection("commands").insertOne(document, { session });
        return distinctIdText(insertedId);
      }),
    answers: (command) =>
      lane.run("read the answers to a command", async (db, session) => {
        const found = await acksOf(db).find({ command }, { session }).sort({ at: 1, _id: 1 }).toArray();
        return found.flatMap(answerOf);
      }),
  };
}

/** That the fleet has seen a command is no answer; that it will not act upon it is one. */
function answerOf({ key, status, result, machine_id: machineId, at }: AckDocument): readonly CommandAck[] {
  if (status === "seen") return [];
  return [
    {
      key: key === SEEN_KEY ? FLEET_VERDICT : key,
      machineId: machineId ?? undefined,
      status,
      result,
      at: instantOf(at),
    },
  ];
}
