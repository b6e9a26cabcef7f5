import { createHash } from "node:crypto";
import { BSON, type Document } from "mongodb";
import type { Job, JobId, RevisionId } from "../../model/job.ts";
import type { Parsed, Problem } from "../../model/problem.ts";
import type { JobContent, JobDocument } from "../../ports/job-source.ts";
import { type BoundedDocument, DOCUMENT_BYTES_MAX } from "./bounded-documents.ts";
import { decodeExact, idText, plainValue } from "./bson-exact.ts";

/** Checks a job document from outside, given as plain data, and names all its problems. */
export type ParseJob = (document: unknown, id: JobId) => Parsed<Job>;

/** A job document out of its BSON; the revision is the SHA-256 of these bytes, so of the exact content. */
export function jobDocumentOf(read: Uint8Array, parse: ParseJob): JobDocument {
  const document = decodeExact(read);
  const id = idText(document["_id"]) as JobId;
  const { name } = document;
  return {
    id,
    name: typeof name === "string" ? name : id,
    revision: sha256(read),
    content: contentOf(read),
    parsed: parseSafely(document, id, parse),
  };
}

/** A job that is too large to be read: only its id is known. */
export function oversizedJob({ id, sizeBytes }: BoundedDocument): JobDocument {
  const stub = BSON.serialize({ _id: id, size: sizeBytes });
  const text = idText(id) as JobId;
  const message = `the document has ${sizeBytes} bytes; a job may have at most ${DOCUMENT_BYTES_MAX}. Keep large data elsewhere`;
  return {
    id: text,
    name: text,
    revision: sha256(stub),
    content: contentOf(stub),
    parsed: problem(message),
  };
}

/** A job whose id reads like that of another: an ObjectId and a text of the same digits. */
export function ambiguousJob(job: JobDocument): JobDocument {
  const id = JSON.stringify(job.id) as JobId;
  return {
    ...job,
    id,
    parsed: problem(`another job has an _id that reads the same, ${job.id}; give one of them another _id`),
  };
}

/** The document inside a content, to be stored again. */
export function contentDocument(content: JobContent): Document {
  return decodeExact(Buffer.from(content, "latin1"));
}

/** One character per byte: of 100,000 small documents, byte arrays would take three times the memory. */
function contentOf(bytes: Uint8Array): JobContent {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1") as JobContent;
}

function parseSafely(document: Document, id: JobId, parse: ParseJob): Parsed<Job> {
  try {
    return parse(plainValue(document), id);
  } catch (err) {
    // One document that the parser stumbles over must not hide all others.
    return problem(`the document can't be read: ${err instanceof Error ? err.message : String(err)}`);
  }
}

function problem(message: string): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems: [{ path: "", message, severity: "error" }] };
}

function sha256(bytes: Uint8Array): RevisionId {
  return createHash("sha256").update(bytes).digest("hex") as RevisionId;
}
