import { StoreUnavailableError } from "../../model/errors.ts";
import type { MachineStore } from "../../ports/machine-store.ts";
import { machineCursorsOf, machinesOf, serialsOf } from "./collections.ts";
import { instantOf } from "./documents/instants.ts";
import { machineRecordOf, reportFields } from "./documents/machine-document.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal } from "./literal.ts";
import { noteCommand, notSteeredBy } from "./steered-by.ts";

export function createMachineStore(lane: Lane): MachineStore {
  return {
    report: (report) =>
      lane.run("report about this machine", async (db, session) => {
        const fields = Object.entries(reportFields(report)).map(([name, value]) => [name, literal(value)]);
        const times = { joined_at: keepFirst("joined_at", "$$NOW"), last_seen: "$$NOW" };
        const stored = await machinesOf(db).findOneAndUpdate(
          { _id: report.identity.machineId },
          [{ $set: { ...Object.fromEntries(fields), ...times } }],
          { upsert: true, returnDocument: "after", projection: { joined_at: 1, draining: 1 }, session },
        );
        if (stored === null) throw new StoreUnavailableError("report about this machine", new Error("no document"));
        return { joinedAt: instantOf(stored.joined_at), isDraining: stored.draining ?? false };
      }),
    known: (names) =>
      lane.run("look for machines", async (db, session) => {
        const filter = { $or: [{ _id: { $in: [...names] } }, { hostname: { $in: [...names] } }] };
        const found = await machinesOf(db)
          .find(filter, { projection: { hostname: 1 }, session })
          .toArray();
        const known = new Set(found.flatMap((it) => [it._id, it.hostname]));
        return new Set(names.filter((it) => known.has(it)));
      }),
    setDraining: (machine, isDraining, command) =>
      lane.run("set whether a machine drains", async (db, session) => {
        const { matchedCount } = await machinesOf(db).updateOne(
          { _id: machine, ...notSteeredBy(command) },
          { $set: { draining: isDraining }, ...noteCommand(command) },
          { session },
        );
        return matchedCount === 1 || (await machinesOf(db).findOne({ _id: machine }, { session })) !== null;
      }),
    forget: (machine) =>
      lane.run("forget a machine", async (db, session) => {
        if ((await serialsOf(db).findOne({ machine_id: machine }, { session })) !== null) return false;
        await machineCursorsOf(db).deleteMany({ machine_id: machine }, { session });
        return (await machinesOf(db).deleteOne({ _id: machine }, { session })).deletedCount === 1;
      }),
    readAll: () =>
      lane.run("read the machines", async (db, session) => {
        const machines = await machinesOf(db).find({}, { session }).sort({ hostname: 1, _id: 1 }).toArray();
        return machines.map(machineRecordOf);
      }),
  };
}
