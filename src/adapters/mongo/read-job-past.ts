import type { Filter } from "mongodb";
import type { JobId, RevisionId } from "../../model/job.ts";
import type { MachineId } from "../../model/machine.ts";
import type { Cursor } from "../../ports/cursor-store.ts";
import type { JobPast } from "../../ports/job-past.ts";
import { jobStatesOf, machineCursorsOf, revisionsOf } from "./collections.ts";
import { machineCursorId } from "./cursor-store.ts";
import { instantOf } from "./documents/instants.ts";
import { cursorOf, type JobStateDocument } from "./documents/job-state-document.ts";
import type { Lane } from "./lane.ts";

/** What is kept of jobs beside their documents, for people to read. */
export function createJobPast(lane: Lane): JobPast {
  return {
    versions: (job, limit) =>
      lane.run("read the versions of a job", async (db, session) => {
        const found = await revisionsOf(db)
          .find({ job_id: job }, { projection: { first_seen: 1 }, session })
          .sort({ first_seen: -1 })
          .limit(limit)
          .toArray();
        return found.reverse().map((it) => ({ revision: it._id as RevisionId, firstSeen: instantOf(it.first_seen) }));
      }),
    cursors: (job, machines) =>
      lane.run("read the cursors of a job", async (db, session) => {
        const ids = machines.map((it) => machineCursorId(job, it));
        const state = await jobStatesOf(db).findOne({ _id: job }, { session });
        const found = await machineCursorsOf(db)
          .find({ _id: { $in: ids } }, { session })
          .toArray();
        const ofMachines = new Map<MachineId, Cursor>();
        for (const document of found) {
          const cursor = cursorOf(document, job);
          if (cursor !== undefined && document.machine_id !== undefined)
            ofMachines.set(document.machine_id as MachineId, cursor);
        }
        return { fleet: state === null ? undefined : cursorOf(state, job), ofMachines };
      }),
    known: (idOrName) =>
      lane.run("look for a job", async (db, session) => {
        const filter: Filter<JobStateDocument> = { $or: [{ _id: idOrName }, { name: idOrName }] };
        const found = await jobStatesOf(db)
          .find(filter, { projection: { name: 1 }, session })
          .limit(20)
          .toArray();
        return found.map((it) => ({ id: it._id as JobId, name: it.name ?? it._id }));
      }),
  };
}
