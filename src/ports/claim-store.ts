import type { JobId } from "../model/job.ts";
import type { NoRun, Run, RunId } from "../model/run.ts";
import type { MachineId } from "../model/machine.ts";
import type { EpochMs } from "../model/time.ts";

export type ClaimOutcome =
  | { readonly outcome: "inserted" }
  /** Somebody else has the occurrence: an answer, not an error. `stretchLast` when it is a stretch of misses. */
  | { readonly outcome: "exists"; readonly stretchLast: EpochMs | undefined };

/** Gives occurrences their one record. */
export interface ClaimStore {
  /**
   * Inserts each record under its id, in any order; outcomes in the order given. A record that an earlier try of the
   * same call inserted counts as inserted.
   * @throws {StoreUnavailableError} when the outcome is unknown: repeat with the same records.
   */
  insert(records: readonly (Run | NoRun)[]): Promise<readonly ClaimOutcome[]>;
  /** Of these jobs, those with a live scheduled run in this scope, with that run. A majority read. */
  liveRuns(jobs: readonly JobId[], scope: MachineId | undefined): Promise<ReadonlyMap<JobId, RunId>>;
}
