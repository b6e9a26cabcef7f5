import type { RevisionId } from "../model/job.ts";
import type { JobDocument } from "./job-source.ts";

/** Jobs as they were, so that a run keeps what it started with. */
export interface RevisionStore {
  /** Stores what is not there yet. Safe to repeat. */
  keep(documents: readonly JobDocument[]): Promise<void>;
  read(revision: RevisionId): Promise<JobDocument | undefined>;
}
