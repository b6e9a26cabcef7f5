import { createHash } from "node:crypto";
import type { JobId } from "../../model/job.ts";
import type { JobDocument, JobSource } from "../../ports/job-source.ts";
import { decodeRow, eachBounded } from "./bounded-documents.ts";
import { ambiguousJob, jobDocumentOf, oversizedJob, type ParseJob } from "./job-content.ts";
import type { Lane } from "./lane.ts";

/** Documents that are checked before other work of this process gets its turn. */
const CHECKED_IN_ONE_GO = 200;

export function createJobSource(lane: Lane, parse: ParseJob): JobSource {
  /** What was read last, by the hash of the encoded row: an unchanged document is neither decoded nor checked again. */
  let known: ReadonlyMap<string, JobDocument> = new Map();
  let all: readonly JobDocument[] = [];

  /** In the order of the answer. Of 100,000 jobs few have changed, and only those are kept as they came: as texts of one character per byte. */
  async function readRows(): Promise<Map<string, JobDocument | string>> {
    return lane.run("read the jobs", async (db, session) => {
      const rows = new Map<string, JobDocument | string>();
      await eachBounded(db.collection("jobs"), {}, session, (row) => {
        const hash = createHash("sha256").update(row).digest("base64");
        rows.set(hash, known.get(hash) ?? Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString("latin1"));
      });
      return rows;
    });
  }

  return {
    async readAll() {
      const rows = await readRows();
      // Nothing has changed: what is kept is not made anew.
      if (rows.size === known.size && [...rows.keys()].every((it) => known.has(it))) return all;
      const seen = new Map<string, JobDocument>();
      let checked = 0;
      for (const [hash, row] of rows) {
        rows.delete(hash);
        if (typeof row !== "string") {
          seen.set(hash, row);
          continue;
        }
        seen.set(hash, read(row, parse));
        if (++checked % CHECKED_IN_ONE_GO === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      known = seen;
      all = withDistinctIds([...seen.values()]);
      return all;
    },
  };
}

function read(row: string, parse: ParseJob): JobDocument {
  const bounded = decodeRow(Buffer.from(row, "latin1"));
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
