import type { Job, JobId, RevisionId } from "../model/job.ts";
import type { Parsed } from "../model/problem.ts";
import type { Brand } from "../model/brand.ts";

/** The document itself, as MongoDB holds it; only stores look inside. */
export type JobContent = Brand<string, "JobContent">;

/** A job document as read: valid or not. */
export interface JobDocument {
  readonly id: JobId;
  /** `name` if it is a text, else the id. */
  readonly name: string;
  readonly revision: RevisionId;
  readonly content: JobContent;
  readonly parsed: Parsed<Job>;
}

/** The `jobs` collection. Agents never write into it. */
export interface JobSource {
  /** Every job, valid or not. A document whose revision is unchanged since the last read is the same object again. */
  readAll(): Promise<readonly JobDocument[]>;
}
