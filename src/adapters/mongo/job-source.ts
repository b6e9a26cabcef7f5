import { createHash } from "node:crypto";
import type { JobId } from "../../model/job.ts";
import type { JobDocument, JobSource } from "../../ports/job-source.ts";
import { decodeRow, type EncodedRow, readBounded } from "./bounded-documents.ts";
import { ambiguousJob, jobDocumentOf, oversizedJob, type ParseJob } from "./job-content.ts";
import type { Lane } from "./lane.ts";

export function createJobSource(lane: Lane, parse: ParseJob): JobSource {
  /** What was read last, by the hash of the encoded row: an unchanged document is neither decoded nor checked again. */
  let known: ReadonlyMap<string, JobDocument> = new Map();

  return {
    async readAll() {
      const rows = await lane.run("read the jobs", (db, session) => readBounded(db.collection("jobs"), {}, session));
      const seen = new Map<string, JobDocument>();
      for (const row of rows) {
        const hash = createHash("sha256").update(row).digest("base64");
        seen.set(hash, known.get(hash) ?? read(row, parse));
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
