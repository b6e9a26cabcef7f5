import type { Document } from "mongodb";

/** A document of `job_revisions`, under the hash of the job's content. */
export interface RevisionDocument {
  readonly _id: string;
  readonly job_id: string;
  /** The document as it was. */
  readonly job: Document;
  readonly first_seen: Date;
}
