import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import type { Job } from "../../model/job.ts";
import type { JobTest } from "../../model/job-test.ts";
import type { Problem } from "../../model/problem.ts";
import { namedTime, wallTime } from "../../query/wall-clock.ts";
import { rehearse, type TestReport } from "../../rehearsal/rehearse.ts";
import { parseJobTests } from "../../schema/job-tests.ts";
import type { Invocation } from "../invocation.ts";
import type { Fields } from "../print/printer.ts";
import { visible } from "../print/visible.ts";
import { hasError, problemLine } from "../problems.ts";
import { type JobFileEntry, readJobFile, testProblems } from "./job-file.ts";
import { reportText } from "./test-report-text.ts";

export interface TestOptions {
  /** Only tests with this in their name. */
  readonly only?: string;
}

/** The tests of one job of a file. */
interface TestedJob {
  readonly file: string;
  readonly name: string;
  /** `undefined`: it is invalid, so that nothing is played. */
  readonly job: Job | undefined;
  readonly tests: readonly JobTest[];
  readonly problems: readonly Problem[];
  /** What actions of type `job` find beside what a test gives. */
  readonly neighbours: readonly Job[];
}

interface Told {
  readonly file: string;
  readonly job: string;
  readonly report: TestReport;
}

const FIELDS: Fields<Told> = {
  file: (it) => it.file,
  job: (it) => it.job,
  test: ({ report }) => report.name,
  ok: ({ report }) => report.differences.length === 0,
  differences: ({ report }) => report.differences.map((it) => ({ ...it })),
  result: ({ report }) => report.result ?? null,
  reason: ({ report }) => report.reason ?? null,
  took_sec: ({ report }) => report.tookMs / 1_000,
  requests: ({ report }) =>
    report.requests.map((it) => ({
      after_sec: it.afterMs / 1_000,
      step: it.step ?? null,
      method: it.method,
      url: it.url,
      answered: it.answered,
    })),
  unused_answers: ({ report }) => [...report.unusedAnswers],
};

/**
 * `job test`: plays the tests in job documents, without a database, a network, or waiting. Exit 1 when one fails, 8 when
 * a document is wrong.
 */
export async function jobTest(call: Invocation, files: readonly string[], options: TestOptions): Promise<ExitCode> {
  const entries: FiledEntry[] = [];
  for (const file of files) for (const entry of await readJobFile(call.deps, file)) entries.push({ file, entry });
  const valid = entries.flatMap(({ entry: { parsed } }) => (parsed.ok ? [parsed.value] : []));
  const jobs = entries.map((it) => testedJob(it, valid));
  const problems = jobs.flatMap((it) => it.problems);
  for (const it of jobs) noteProblems(call, it);
  const { only } = options;
  const chosen = jobs.map((it) => ({
    ...it,
    tests: only === undefined ? it.tests : it.tests.filter(({ name }) => name.includes(only)),
  }));
  refuseNothing(chosen, problems, options);
  const told: Told[] = [];
  for (const it of chosen) told.push(...(await playTests(call, it)));
  summarize(call, told);
  if (hasError(problems)) return EXIT.problems;
  return told.some(({ report }) => report.differences.length > 0) ? EXIT.failed : EXIT.ok;
}

interface FiledEntry {
  readonly file: string;
  readonly entry: JobFileEntry;
}

function testedJob({ file, entry }: FiledEntry, valid: readonly Job[]): TestedJob {
  const tests = parseJobTests(entry.fields);
  const job = entry.parsed.ok ? entry.parsed.value : undefined;
  return {
    file,
    name: entry.name,
    job,
    tests: tests.ok ? tests.value : [],
    problems: [...(entry.parsed.ok ? entry.parsed.warnings : entry.parsed.problems), ...testProblems(entry)],
    neighbours: valid.filter((it) => it !== job),
  };
}

function noteProblems({ print }: Invocation, { file, name, problems }: TestedJob): void {
  if (problems.length === 0) return;
  const can = hasError(problems) ? "can't be tested as it is" : "has warnings";
  print.words([`${visible(file)}: job "${visible(name)}" ${can}:`, ...problems.map(problemLine)].join("\n"));
}

/** A call that tests nothing must not look like one that found everything well. */
function refuseNothing(chosen: readonly TestedJob[], problems: readonly Problem[], { only }: TestOptions): void {
  if (hasError(problems) || chosen.some(({ tests }) => tests.length > 0)) return;
  if (only !== undefined) throw new ExitError(EXIT.notFound, `no test has "${visible(only)}" in its name`);
  const files = [...new Set(chosen.map(({ file }) => visible(file)))].join(", ");
  throw new ExitError(
    EXIT.problems,
    `there are no tests in ${files}`,
    'Put "tests": [ { "given": { "answers": […] }, "expect": { "result": "ok" } } ] into the job document.',
  );
}

async function playTests(
  call: Invocation,
  { file, name, job, tests, neighbours }: TestedJob,
): Promise<readonly Told[]> {
  if (job === undefined || tests.length === 0) return [];
  const { deps, print } = call;
  const isForPeople = print.format === "table";
  if (isForPeople)
    deps.output.stdout(`${print.paint("strong", visible(name))}  ${print.paint("quiet", visible(file))}\n`);
  const parts = { nextTurn: deps.nextTurn, wallTime, readTime: namedTime };
  const told: Told[] = [];
  for (const test of tests) {
    const own = new Set(test.given.jobs.flatMap((it) => [it.id, it.name]));
    const others = neighbours.filter((it) => !own.has(it.id) && !own.has(it.name));
    const given = { ...test.given, jobs: [...test.given.jobs, ...others] };
    const report = await rehearse(job, { ...test, given }, parts);
    told.push({ file, job: name, report });
    // One by one, so that many tests show how far they are.
    if (isForPeople) deps.output.stdout(`${reportText(report, print.paint)}\n`);
  }
  return told;
}

function summarize({ deps, print }: Invocation, told: readonly Told[]): void {
  const failed = told.filter(({ report }) => report.differences.length > 0).length;
  if (print.format !== "table") {
    print.list(told, { fields: FIELDS, columns: [], empty: "" });
    return;
  }
  const tests = told.length === 1 ? "1 test" : `${told.length} tests`;
  const ok = print.paint("good", `${told.length - failed} ok`);
  const words = failed === 0 ? ok : `${ok}, ${print.paint("bad", `${failed} failed`)}`;
  if (told.length > 0) deps.output.stdout(`${tests}: ${words}\n`);
}
