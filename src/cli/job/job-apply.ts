import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import type { JobId } from "../../model/job.ts";
import type { Problem } from "../../model/problem.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import type { Printer } from "../print/printer.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError, problemLine } from "../problems.ts";
import { withCallsJudged } from "./file-calls.ts";
import { type JobFileEntry, readJobFile } from "./job-file.ts";

interface Planned {
  readonly entry: JobFileEntry;
  /** The job that it replaces; `undefined` makes another one. */
  readonly replaces: JobId | undefined;
}

interface Applied {
  readonly id: JobId;
  readonly name: string;
  readonly result: "created" | "updated" | "unchanged";
}

/**
 * `job apply`: makes the database say what the file says. The file is the whole job: what it leaves out goes.
 * Everything is checked before anything is written.
 */
export async function jobApply(call: Invocation, path: string): Promise<ExitCode> {
  const entries = await readJobFile(call.deps, path);
  refuseProblems(entries, path);
  return withFleet(call, async (fleet) => {
    const documents = await fleet.jobs.readAll();
    const planned = entries.map((entry) => plan(entry, documents, fleet));
    refuseSameTarget(planned, path);
    const targets = new Map(planned.map(({ entry, replaces }) => [entry, replaces]));
    const judged = withCallsJudged(entries, documents, (entry) => targets.get(entry));
    refuseProblems(judged, path);
    warn(call.print, judged);
    const applied: Applied[] = [];
    for (const each of planned) applied.push(await apply(each, fleet));
    call.print.list(applied, {
      fields: { id: (it) => it.id, name: (it) => it.name, result: (it) => it.result },
      columns: [
        { title: "RESULT", cell: (it) => call.print.paint(it.result === "unchanged" ? "quiet" : "good", it.result) },
        { title: "NAME", cell: (it) => cellText(it.name) },
        { title: "ID", cell: (it) => visible(it.id) },
      ],
      empty: "",
    });
    return EXIT.ok;
  });
}

function refuseProblems(entries: readonly JobFileEntry[], path: string): void {
  const problems = entries.flatMap((entry): readonly Problem[] => {
    if (!entry.parsed.ok) return entry.parsed.problems;
    if (entry.name !== "") return [];
    return [
      { path: `${entry.path}/name`, message: "give the job a name, so that it is found again", severity: "error" },
    ];
  });
  if (problems.length > 0) {
    throw new ProblemsError(EXIT.problems, `nothing is applied, ${visible(path)} has problems:`, problems);
  }
}

function warn(print: Printer, entries: readonly JobFileEntry[]): void {
  const warnings = entries.flatMap((it) => (it.parsed.ok ? it.parsed.warnings : []));
  if (warnings.length > 0) print.words(warnings.map(problemLine).join("\n"));
}

/** An `_id` decides; without one the name does, as long as one job alone has it. */
function plan(entry: JobFileEntry, documents: readonly JobDocument[], fleet: Fleet): Planned {
  if (entry.writtenId !== undefined) {
    const id = fleet.jobEditor.idText(entry.writtenId);
    return { entry, replaces: documents.find((it) => it.id === id)?.id };
  }
  const named = documents.filter((it) => it.name === entry.name);
  if (named.length <= 1) return { entry, replaces: named[0]?.id };
  throw new ExitError(
    EXIT.conflict,
    `nothing is applied: ${named.length} jobs are named "${visible(entry.name)}": ${named.map((it) => visible(it.id)).join(", ")}`,
    "Say in the file which one is meant, with its _id.",
  );
}

function refuseSameTarget(planned: readonly Planned[], path: string): void {
  const seen = new Map<string, string>();
  for (const { entry, replaces } of planned) {
    const target = replaces ?? (entry.writtenId === undefined ? `name ${entry.name}` : `id ${entry.id}`);
    const earlier = seen.get(target);
    if (earlier !== undefined) {
      throw new ExitError(
        EXIT.conflict,
        `nothing is applied: ${earlier} and ${entry.path} of ${visible(path)} are the same job "${visible(entry.name)}"`,
      );
    }
    seen.set(target, entry.path);
  }
}

async function apply({ entry, replaces }: Planned, fleet: Fleet): Promise<Applied> {
  const { name, fields } = entry;
  if (replaces === undefined) {
    const created = await fleet.jobEditor.create(fields);
    if (created.outcome === "created") return { id: created.id, name, result: "created" };
    throw new ExitError(EXIT.conflict, `"${visible(name)}": somebody else made a job with that _id just then`, REPEAT);
  }
  const outcome = await fleet.jobEditor.replace(replaces, fields);
  if (outcome === "gone") throw new ExitError(EXIT.conflict, `"${visible(name)}" was removed just then`, REPEAT);
  return { id: replaces, name, result: outcome === "replaced" ? "updated" : "unchanged" };
}

const REPEAT = "Apply the file again: what is done already stays as it is.";
