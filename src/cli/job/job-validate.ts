import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import type { Problem } from "../../model/problem.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import { asExitError, failureText } from "../failure.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { pickAmong } from "../pick-job.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";
import { callOthers, replacedBy, withCallsJudged } from "./file-calls.ts";
import { type JobFileEntry, readJobFile, testProblems } from "./job-file.ts";

export interface ValidateOptions {
  readonly file?: string;
  readonly strict?: true;
}

interface Checked {
  readonly id: string;
  readonly name: string;
  readonly problems: readonly Problem[];
}

/** `job validate`: what is wrong with jobs of the database or of a file; exit 8 when anything is. */
export async function jobValidate(
  call: Invocation,
  name: string | undefined,
  options: ValidateOptions,
): Promise<ExitCode> {
  if (options.file === undefined) {
    return withFleet(call, async (fleet) => {
      const documents = await fleet.jobs.readAll();
      const chosen = name === undefined ? documents : [pickAmong(documents, name)];
      const checked = chosen.map(({ id, name: jobName, parsed }) => ({
        id,
        name: jobName,
        problems: problemsOf(parsed),
      }));
      return report(call, name === undefined ? withSharedNames(checked) : checked, options);
    });
  }
  if (name !== undefined)
    throw new ExitError(EXIT.usage, "name a job of the database, or a file with --file, not both");
  const entries = await readJobFile(call.deps, options.file);
  const judged = callOthers(entries) ? await withCallsOfFleet(call, entries) : entries;
  return report(
    call,
    judged.map((it) => ({
      id: "",
      name: it.name === "" ? it.path : it.name,
      problems: [...problemsOf(it.parsed), ...testProblems(it)],
    })),
    options,
  );
}

/** A job can call stored ones, and they it; where no database is at hand, the file alone is looked at. */
async function withCallsOfFleet(call: Invocation, entries: readonly JobFileEntry[]): Promise<readonly JobFileEntry[]> {
  let stored: readonly JobDocument[] | undefined;
  try {
    await withFleet(call, async (fleet) => {
      stored = await fleet.jobs.readAll();
      return EXIT.ok;
    });
  } catch (error) {
    const why = failureText(asExitError(error), false)
      .replace(/^fleetcron: /, "")
      .trim();
    call.print.words(
      `The calls of jobs are checked within the file alone: the jobs of the fleet can't be read.\n${why}\n`,
    );
  }
  return withCallsJudged(entries, stored, (entry) => replacedBy(entry, stored ?? []));
}

function problemsOf(
  parsed:
    | { readonly ok: true; readonly warnings: readonly Problem[] }
    | { readonly ok: false; readonly problems: readonly Problem[] },
): readonly Problem[] {
  return parsed.ok ? parsed.warnings : parsed.problems;
}

/** Two jobs of one name are allowed, but no command can name them. */
function withSharedNames(checked: readonly Checked[]): readonly Checked[] {
  const counts = new Map<string, number>();
  for (const { name } of checked) counts.set(name, (counts.get(name) ?? 0) + 1);
  return checked.map((it) => {
    const count = counts.get(it.name) ?? 0;
    if (count < 2) return it;
    const message = `${count} jobs have this name; commands must name them by id`;
    return { ...it, problems: [...it.problems, { path: "/name", message, severity: "warning" }] };
  });
}

function report(call: Invocation, checked: readonly Checked[], options: ValidateOptions): ExitCode {
  const found = checked.flatMap((job) => job.problems.map((problem) => ({ job, problem })));
  const { print } = call;
  print.list(found, {
    fields: {
      id: ({ job }) => job.id,
      name: ({ job }) => job.name,
      severity: ({ problem }) => problem.severity,
      path: ({ problem }) => problem.path,
      message: ({ problem }) => problem.message,
    },
    columns: [
      { title: "JOB", cell: ({ job }) => cellText(job.name) },
      {
        title: "SEVERITY",
        cell: ({ problem }) => print.paint(problem.severity === "error" ? "bad" : "warning", problem.severity),
      },
      { title: "PATH", cell: ({ problem }) => visible(problem.path === "" ? "/" : problem.path) },
      { title: "PROBLEM", cell: ({ problem }) => visible(problem.message) },
    ],
    empty: `${checked.length === 1 ? "1 job" : `${checked.length} jobs`}, no problems`,
  });
  const counts = found.some(({ problem }) => problem.severity === "error" || options.strict === true);
  return counts ? EXIT.problems : EXIT.ok;
}
