import type { ClientSession, Collection, Document, Filter } from "mongodb";
import { StoreUnavailableError } from "../../model/errors.ts";
import type { Lease, MemberTraits, SerialSighting, SessionId } from "../../model/member.ts";
import type { EpochMs } from "../../model/time.ts";
import type { JoiningMachine, SerialStore, TakeResult } from "../../ports/serial-store.ts";
import { serialsOf } from "./collections.ts";
import { instantOf } from "./documents/instants.ts";
import { leaseOf, type SerialDocument, sightingOf } from "./documents/serial-document.ts";
import type { Lane } from "./lane.ts";
import { literal, serverTimeIn } from "./literal.ts";
import { duplicatePositions, isDuplicateKey } from "./translate-error.ts";

/** Looks at who holds a machine's serial that others take and free meanwhile. */
const TAKE_TRIES = 5;
/** A lease that ends later than two lengths of a lease from now proves that the server's clock went back. */
const ABSURD_TTLS = 2;

interface Wish {
  readonly session: SessionId;
  readonly machine: JoiningMachine;
  readonly max: number;
  readonly ttlMs: number;
}

export function createSerialStore(lane: Lane): SerialStore {
  return {
    prepare: (max) =>
      lane.run("prepare the serials", async (db, session) => {
        const serials = serialsOf(db);
        if ((await serials.countDocuments({ _id: { $gte: 1, $lte: max } }, { session })) === max) return;
        const inserts = Array.from({ length: max }, (_, index) => ({
          updateOne: {
            filter: { _id: index + 1 },
            update: { $setOnInsert: { session: null, token: 0, heartbeat: 0 } },
            upsert: true,
          },
        }));
        // Another agent that prepares the same serial at the same moment is as good.
        await serials.bulkWrite(inserts, { session, ordered: false }).catch(duplicatePositions);
      }),
    take: (session, machine, max, ttlMs) =>
      lane.run("take a serial", (db, client) => take(serialsOf(db), client, { session, machine, max, ttlMs })),
    replace: (former, session, machine, ttlMs) =>
      lane.run("replace the former session", async (db, client) => {
        const held = {
          _id: former.serial,
          session: former.session,
          token: former.token,
          machine_id: machine.machineId,
        };
        const taken = await serialsOf(db).findOneAndUpdate(held, takeUpdate({ session, machine, ttlMs }), {
          session: client,
          returnDocument: "after",
        });
        if (taken !== null) return leaseOf(taken, session);
        const own = await serialsOf(db).findOne({ _id: former.serial, session }, { session: client });
        return own === null ? undefined : leaseOf(own, session);
      }),
    renew: (lease, traits, ttlMs) =>
      lane.run("renew the serial", async (db, session) => {
        const beat = { heartbeat: { $add: ["$heartbeat", 1] }, lease_until: serverTimeIn(ttlMs) };
        const update = [{ $set: { ...beat, ...traitFields(traits) } }];
        const renewed = await serialsOf(db).findOneAndUpdate(heldBy(lease), update, {
          session,
          returnDocument: "after",
        });
        if (renewed?.lease_until === undefined) return { outcome: "over" };
        return { outcome: "renewed", serverTime: (instantOf(renewed.lease_until) - ttlMs) as EpochMs };
      }),
    reap: (watched, ttlMs) =>
      lane.run("end a silent session", async (db, session) => {
        const ended = await serialsOf(db).updateOne(
          { ...heldBy(watched), heartbeat: watched.heartbeat, $expr: leaseIsOver(ttlMs) },
          FREE,
          { session },
        );
        return ended.matchedCount === 1;
      }),
    release: (lease) =>
      lane.run("free the serial", async (db, session) => {
        const freed = await serialsOf(db).updateOne(heldBy(lease), FREE, { session });
        return freed.matchedCount === 1;
      }),
    readHeld: () =>
      lane.run("read the serials", async (db, session) => {
        const held = await serialsOf(db)
          .find({ session: { $type: "string" } }, { session })
          .sort({ _id: 1 })
          .toArray();
        return held.flatMap((it) => sightingOf(it) ?? []);
      }),
    readSerial: (serial) =>
      lane.run("read a serial", (db, session) => readOne(serialsOf(db), session, { _id: serial })),
  };
}

async function take(serials: Collection<SerialDocument>, client: ClientSession, wish: Wish): Promise<TakeResult> {
  for (let tries = 0; tries < TAKE_TRIES; tries++) {
    // First, since the index on machine_id guards only against what happens after this look.
    const holder = await readOne(serials, client, { machine_id: wish.machine.machineId });
    if (holder !== undefined) return held(holder, wish.session);
    try {
      const taken = await takeFree(serials, client, wish);
      return taken === null ? { outcome: "none_free" } : { outcome: "taken", lease: leaseOf(taken, wish.session) };
    } catch (err) {
      // This machine got a serial meanwhile: an earlier try of ours arrived, or a copy of its id joins.
      if (!isDuplicateKey(err)) throw err;
    }
  }
  throw new StoreUnavailableError("take a serial", new Error("the machine's serial changed hands during each try"));
}

async function takeFree(
  serials: Collection<SerialDocument>,
  client: ClientSession,
  { session, machine, max, ttlMs }: Wish,
): Promise<SerialDocument | null> {
  const update = takeUpdate({ session, machine, ttlMs });
  const free = { _id: { $gte: 1, $lte: max }, session: null };
  const options = { session: client, returnDocument: "after", sort: { _id: 1 } } as const;
  const own = { ...free, former_machine_id: machine.machineId };
  return (await serials.findOneAndUpdate(own, update, options)) ?? serials.findOneAndUpdate(free, update, options);
}

function held(holder: SerialSighting, session: SessionId): TakeResult {
  if (holder.session !== session) return { outcome: "machine_held", holder };
  return { outcome: "taken", lease: { serial: holder.serial, session, token: holder.token } };
}

function takeUpdate({ session, machine, ttlMs }: Pick<Wish, "session" | "machine" | "ttlMs">): Document[] {
  return [
    {
      $set: {
        session: literal(session),
        machine_id: literal(machine.machineId),
        place: literal(machine.place),
        token: { $add: ["$token", 1] },
        heartbeat: { $add: ["$heartbeat", 1] },
        lease_until: serverTimeIn(ttlMs),
        hostname: literal(machine.hostname),
        ...traitFields(machine),
      },
    },
  ];
}

function traitFields({ labels, isDraining }: MemberTraits): Document {
  return { labels: literal(labels), draining: literal(isDraining) };
}

const FREE: Document[] = [
  { $set: { session: null, token: { $add: ["$token", 1] }, former_machine_id: "$machine_id" } },
  { $unset: ["machine_id", "place", "lease_until", "hostname", "labels", "draining"] },
];

function heldBy(lease: Lease): Filter<SerialDocument> {
  return { _id: lease.serial, session: lease.session, token: lease.token };
}

function leaseIsOver(ttlMs: number): Document {
  return {
    $or: [{ $lte: ["$lease_until", "$$NOW"] }, { $gt: ["$lease_until", serverTimeIn(ABSURD_TTLS * ttlMs)] }],
  };
}

async function readOne(
  serials: Collection<SerialDocument>,
  session: ClientSession,
  filter: Filter<SerialDocument>,
): Promise<SerialSighting | undefined> {
  const document = await serials.findOne(filter, { session });
  return document === null ? undefined : sightingOf(document);
}
