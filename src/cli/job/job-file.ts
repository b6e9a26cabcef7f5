import { EXIT, ExitError } from "../../model/errors.ts";
import type { Job, JobId } from "../../model/job.ts";
import type { Parsed, Problem } from "../../model/problem.ts";
import { parseJob } from "../../schema/job.ts";
import { parseJobTests } from "../../schema/job-tests.ts";
import { parseJsonc } from "../../schema/jsonc.ts";
import { ObjectIdHex } from "../../schema/object-id-hex.ts";
import type { CliDeps } from "../deps.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";

/** One job of a file. */
export interface JobFileEntry {
  /** Where it stands in the file; `""` when the file is one job. */
  readonly path: string;
  /** Its `_id` as it is written, `undefined` without one. */
  readonly writtenId: unknown;
  /** The same as a text, empty without one: to find it by, not to write it with. */
  readonly id: string;
  /** Its name; without one its `_id` as text. */
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly parsed: Parsed<Job>;
}

/**
 * The jobs of a file: one, or a list of them, as JSON with or without comments. Invalid jobs are in it.
 * @throws {ExitError} 2 for a file that can't be read, 8 for one that holds no jobs
 */
export async function readJobFile(deps: Pick<CliDeps, "readTextFile">, path: string): Promise<readonly JobFileEntry[]> {
  const text = await readText(deps, path);
  const parsed = parseJsonc(text, { isStored: true });
  if (!parsed.ok) throw new ProblemsError(EXIT.problems, `${visible(path)} can't be used:`, parsed.problems);
  const isListOfJobs = Array.isArray(parsed.value);
  const documents: readonly unknown[] = isListOfJobs ? (parsed.value as readonly unknown[]) : [parsed.value];
  if (documents.length === 0) throw new ExitError(EXIT.problems, `${visible(path)} holds no jobs`);
  return documents.map((document, index) => entryOf(document, isListOfJobs ? `/${index}` : ""));
}

async function readText(deps: Pick<CliDeps, "readTextFile">, path: string): Promise<string> {
  try {
    return await deps.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.usage, `can't read ${visible(path)}: ${reason}`);
  }
}

function entryOf(document: unknown, path: string): JobFileEntry {
  const isObject = typeof document === "object" && document !== null && !Array.isArray(document);
  const fields = isObject ? (document as Readonly<Record<string, unknown>>) : {};
  const writtenId = fields["_id"];
  const id = plainId(writtenId);
  const written = fields["name"];
  const name = typeof written === "string" && written !== "" ? written : id;
  const parsed = underPath(parseJob(document, (id === "" ? name : id) as JobId), path);
  return { path, writtenId, id, name, fields, parsed };
}

/** What is wrong with the tests of a job, which only `job test` plays and no agent looks at. */
export function testProblems({ fields, path }: JobFileEntry): readonly Problem[] {
  const parsed = parseJobTests(fields);
  return (parsed.ok ? parsed.warnings : parsed.problems).map((it) => ({ ...it, path: `${path}${it.path}` }));
}

/** Good enough to name a job; which document it is, the database says. */
function plainId(id: unknown): string {
  if (id instanceof ObjectIdHex) return id.hex;
  return typeof id === "string" || typeof id === "number" || typeof id === "bigint" ? String(id) : "";
}

function underPath(parsed: Parsed<Job>, path: string): Parsed<Job> {
  const moved = (problems: readonly Problem[]) => problems.map((it) => ({ ...it, path: `${path}${it.path}` }));
  return parsed.ok ? { ...parsed, warnings: moved(parsed.warnings) } : { ok: false, problems: moved(parsed.problems) };
}
