import { type AnyBulkWriteOperation, BSON } from "mongodb";
import type { JobId, RevisionId } from "../../model/job.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import type { RevisionStore } from "../../ports/revision-store.ts";
import { decodeShallow } from "./bson-exact.ts";
import { revisionsOf } from "./collections.ts";
import type { RevisionDocument } from "./documents/revision-document.ts";
import { contentDocument, jobDocumentOf, type ParseJob } from "./job-content.ts";
import type { Lane } from "./lane.ts";
import { keepFirst, literal } from "./literal.ts";
import { duplicatePositions } from "./translate-error.ts";

/** Revisions that travel in one write. */
const BATCH_SIZE = 200;

export function createRevisionStore(lane: Lane, parse: ParseJob): RevisionStore {
  /** Revisions that are known to be stored; they are never removed. */
  const stored = new Set<RevisionId>();

  return {
    async keep(documents) {
      const missing = documents.filter((it) => !stored.has(it.revision));
      for (let from = 0; from < missing.length; from += BATCH_SIZE) {
        const batch = missing.slice(from, from + BATCH_SIZE);
        await lane.run("keep the revisions of jobs", (db, session) =>
          revisionsOf(db)
            .bulkWrite(batch.map(keepOne), { ordered: false, session })
            .then(
              () => {},
              (err) => void duplicatePositions(err),
            ),
        );
        for (const it of batch) stored.add(it.revision);
      }
    },
    read: (revision) =>
      lane.run("read a revision of a job", async (db, session) => {
        const rows: unknown[] = await revisionsOf(db)
          .find({ _id: revision }, { session, raw: true, limit: 1 })
          .toArray();
        const [row] = rows as Uint8Array[];
        if (row === undefined) return undefined;
        const { job_id: jobId, job } = decodeShallow(row);
        const bytes = job instanceof Uint8Array ? job : BSON.serialize({});
        const document = jobDocumentOf(bytes, (plain) => parse(plain, jobId as JobId));
        return { ...document, id: jobId as JobId, revision };
      }),
  };
}

/** A pipeline, since only there a key such as `$x` inside the document is no operator. What is stored stays. */
function keepOne({ revision, id, content }: JobDocument): AnyBulkWriteOperation<RevisionDocument> {
  const fields = {
    job_id: keepFirst("job_id", literal(id)),
    job: keepFirst("job", literal(contentDocument(content))),
    first_seen: keepFirst("first_seen", "$$NOW"),
  };
  return { updateOne: { filter: { _id: revision }, update: [{ $set: fields }], upsert: true } };
}
