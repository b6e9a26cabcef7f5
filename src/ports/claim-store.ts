import type { JobId } from "../model/job.ts";
import type { LiveRun, NoRun, Run, RunId } from "../model/run.ts";
import type { MachineId } from "../model/machine.ts";
import type { EpochMs, TimeWindow } from "../model/time.ts";

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
  /** When the first scheduled occurrence of a window stands that has its record already: a run, or none. A majority read. */
  firstRecordIn(job: JobId, scope: MachineId | undefined, window: TimeWindow): Promise<EpochMs | undefined>;
  /** Those of these ids that are runs, live or ended; not those of occurrences that got none. A majority read. */
  runsAmong(ids: readonly RunId[]): Promise<ReadonlySet<RunId>>;
  /** The live runs of these jobs in this scope, in the order of their times; not those that a person asked for. A majority read. */
  liveRuns(jobs: readonly JobId[], scope: MachineId | undefined): Promise<readonly LiveRun[]>;
}
