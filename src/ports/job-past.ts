import type { JobId, RevisionId } from "../model/job.ts";
import type { MachineId } from "../model/machine.ts";
import type { EpochMs } from "../model/time.ts";
import type { Cursor } from "./cursor-store.ts";

/** A version of a job that an agent has planned with. */
export interface JobVersion {
  readonly revision: RevisionId;
  /** By the server's clock, when an agent first stored it; it may have come into force again later. */
  readonly firstSeen: EpochMs;
}

/** What is kept of a job beside its document, for people to read. */
export interface JobPast {
  /** The latest versions, at most `limit`, in the order in which they were first seen. */
  versions(job: JobId, limit: number): Promise<readonly JobVersion[]>;
  /** How far the job is settled: in the fleet, and on these machines. */
  cursors(
    job: JobId,
    machines: readonly MachineId[],
  ): Promise<{ readonly fleet: Cursor | undefined; readonly ofMachines: ReadonlyMap<MachineId, Cursor> }>;
  /** Jobs of that id or name that agents knew, also such whose document is gone. */
  known(idOrName: string): Promise<readonly { readonly id: JobId; readonly name: string }[]>;
}
