import { StoreUnavailableError } from "../../model/errors.ts";
import type { MachineStore } from "../../ports/machine-store.ts";
import { machinesOf } from "./collections.ts";
import { instantOf } from "./documents/instants.ts";
import { machineRecordOf, reportFields } from "./documents/machine-document.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal } from "./literal.ts";

export function createMachineStore(lane: Lane): MachineStore {
  return {
    report: (report) =>
      lane.run("report about this machine", async (db, session) => {
        const fields = Object.entries(reportFields(report)).map(([name, value]) => [name, literal(value)]);
        const times = { joined_at: keepFirst("joined_at", "$$NOW"), last_seen: "$$NOW" };
        const stored = await machinesOf(db).findOneAndUpdate(
          { _id: report.identity.machineId },
          [{ $set: { ...Object.fromEntries(fields), ...times } }],
          { upsert: true, returnDocument: "after", projection: { joined_at: 1 }, session },
        );
        if (stored === null) throw new StoreUnavailableError("report about this machine", new Error("no document"));
        return { joinedAt: instantOf(stored.joined_at) };
      }),
    isKnown: (name) =>
      lane.run("look for a machine", async (db, session) => {
        const filter = { $or: [{ _id: name }, { hostname: name }] };
        return (await machinesOf(db).findOne(filter, { projection: { _id: 1 }, session })) !== null;
      }),
    readAll: () =>
      lane.run("read the machines", async (db, session) => {
        const machines = await machinesOf(db).find({}, { session }).sort({ hostname: 1, _id: 1 }).toArray();
        return machines.map(machineRecordOf);
      }),
  };
}
