import type { JobId } from "../model/job.ts";
import type { ExactDecimal } from "../model/json.ts";

/** What a document of the database holds, as plain values; numbers keep their exact value. */
export type DocumentValue =
  | null
  | boolean
  | number
  | bigint
  | ExactDecimal
  | string
  | Date
  | readonly DocumentValue[]
  | { readonly [key: string]: DocumentValue };

/** A job as a file says it: plain values, and ids of MongoDB in the form that the border gives them. */
export type JobFields = Readonly<Record<string, unknown>>;

/** Job documents as people write them. Only shells use it: agents never write into `jobs`. */
export interface JobEditor {
  /**
   * The document as it stands, or `undefined` when there is none. What plain JSON would lose the type of is in the
   * wrappers of Extended JSON, so that a file with it says the same again.
   */
  read(id: JobId): Promise<Readonly<Record<string, DocumentValue>> | undefined>;
  /** How an `_id` reads as text. */
  idText(id: unknown): JobId;
  /** Inserts a job; the database makes an `_id` when the fields have none. `"exists"`: that `_id` is taken. */
  create(
    fields: JobFields,
  ): Promise<{ readonly outcome: "created"; readonly id: JobId } | { readonly outcome: "exists" }>;
  /**
   * Puts these fields in the place of all others; `_id` stays. `"unchanged"`: they say what is there, so nothing is
   * written. `"gone"`: somebody removed the job.
   */
  replace(id: JobId, fields: JobFields): Promise<"replaced" | "unchanged" | "gone">;
}
