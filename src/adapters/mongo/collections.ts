import type { Collection, Db } from "mongodb";
import type { AckDocument } from "./documents/ack-document.ts";
import type { EventDocument } from "./documents/event-document.ts";
import type { LeaderDocument, SettingsDocument, ViewDocument } from "./documents/fleet-documents.ts";
import type { CursorDocument, JobStateDocument } from "./documents/job-state-document.ts";
import type { MachineDocument } from "./documents/machine-document.ts";
import type { RevisionDocument } from "./documents/revision-document.ts";
import type { RunDocument } from "./documents/run-document.ts";
import type { SerialDocument } from "./documents/serial-document.ts";

/** The collections by name, with the type of what stands in them. */
export const serialsOf = (db: Db): Collection<SerialDocument> => db.collection("serials");
export const leaderIn = (db: Db): Collection<LeaderDocument> => db.collection("fleet");
export const viewIn = (db: Db): Collection<ViewDocument> => db.collection("fleet");
export const settingsIn = (db: Db): Collection<SettingsDocument> => db.collection("fleet");
export const machinesOf = (db: Db): Collection<MachineDocument> => db.collection("machines");
export const runsOf = (db: Db): Collection<RunDocument> => db.collection("job_runs");
export const jobStatesOf = (db: Db): Collection<JobStateDocument> => db.collection("job_state");
export const machineCursorsOf = (db: Db): Collection<CursorDocument> => db.collection("cursors");
export const acksOf = (db: Db): Collection<AckDocument> => db.collection("command_acks");
export const eventsOf = (db: Db): Collection<EventDocument> => db.collection("events");
export const revisionsOf = (db: Db): Collection<RevisionDocument> => db.collection("job_revisions");
