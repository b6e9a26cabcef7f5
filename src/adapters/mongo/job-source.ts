import { createHash } from "node:crypto";
import type { JobId } from "../../model/job.ts";
import type { JobDocument, JobSource } from "../../ports/job-source.ts";
import { decodeRow, eachBounded, type EncodedRow } from "./bounded-documents.ts";
import { ambiguousJob, jobDocumentOf, oversizedJob, type ParseJob } from "./job-content.ts";
import type { Lane } from "./lane.ts";

/** Documents that are checked before other work of this process gets its turn. */
const CHECKED_IN_ONE_GO = 200;

export function createJobSource(lane: Lane, parse: ParseJob): JobSource {
  /** What was read last, by the hash of the encoded row: an unchanged document is neither decoded nor checked again. */
  let known: ReadonlyMap<string, JobDocument> = new Map();

  /** In the order of the answer. Of 100,000 jobs few have changed, and only those are kept as they came. */
  async function readRows(): Promise<ReadonlyMap<string, JobDocument | EncodedRow>> {
    return lane.run("read the jobs", async (db, session) => {
      const rows = new Map<string, JobDocument | EncodedRow>();
      await eachBounded(db.collection("jobs"), {}, session, (row) => {
        const hash = createHash("sha256").update(row).digest("base64");
        rows.set(hash, known.get(hash) ?? new Uint8Array(row));
      });
      return rows;
    });
  }

  return {
    async readAll() {
      const seen = new Map<string, JobDocument>();
      let checked = 0;
      for (const [hash, row] of await readRows()) {
        if (!(row instanceof Uint8Array)) {
          seen.set(hash, row);
          continue;
        }
        seen.set(hash, read(row, parse));
        if (++checked % CHECKED_IN_ONE_GO === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      known = seen;
      return withDistinctIds([...seen.values()]);
    },
  };
}

function read(row: EncodedRow, parse: ParseJob): JobDocument {
  const bounded = decodeRow(row);
  return bounded.bytes === undefined ? oversizedJob(bounded) : jobDocumentOf(bounded.bytes, parse);
}

function withDistinctIds(jobs: readonly JobDocument[]): readonly JobDocument[] {
  const ids = new Set<JobId>();
  return jobs.map((job) => {
    if (ids.has(job.id)) return ambiguousJob(job);
    ids.add(job.id);
    return job;
  });
}
