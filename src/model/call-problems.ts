import { type CallGraph, createCallGraph } from "./call-graph.ts";
import type { ReadJob, TargetedCall } from "./call-targets.ts";
import type { Job } from "./job.ts";
import type { Parsed, Problem } from "./problem.ts";

/** Most calls that lead on from a job, through the jobs that it calls. */
export const CALL_DEPTH_MAX = 5;
/** Jobs of a chain of calls that a message names. */
const NAMED_MAX = 10;

/**
 * The jobs with what is wrong about their calls of each other. On a cycle, or where more than `CALL_DEPTH_MAX` calls
 * follow, a job is invalid; one that calls a job which is not there, or is invalid, has a warning, because that can
 * change without it. Jobs without such problems are the same objects again; those that were judged before, among other
 * jobs, are judged anew.
 */
export function withCallProblems<Read extends ReadJob>(judgedBefore: readonly Read[]): readonly Read[] {
  const jobs = judgedBefore.some((it) => it.alone !== undefined) ? judgedBefore.map(asReadAlone) : judgedBefore;
  const graph = createCallGraph(jobs);
  const problems = new Map<ReadJob, readonly Problem[]>();
  for (const { job, calls } of graph.callers) {
    const found = calls.flatMap((call) => problemOf(call, job, graph) ?? []);
    if (found.length > 0) problems.set(job, found);
  }
  if (problems.size === 0) return jobs;
  return jobs.map((job) => {
    const found = problems.get(job);
    return found === undefined ? job : { ...job, parsed: withProblems(job.parsed, found), alone: job.parsed };
  });
}

function asReadAlone<Read extends ReadJob>(job: Read): Read {
  const { alone, ...others } = job;
  return alone === undefined ? job : ({ ...others, parsed: alone } as unknown as Read);
}

function problemOf(call: TargetedCall, job: ReadJob, graph: CallGraph): Problem | undefined {
  const called = graph.callerMeantBy(call);
  const cycle = called === undefined ? undefined : graph.cycle(job, called);
  if (cycle !== undefined) return { path: call.path, message: cycleText(job, cycle), severity: "error" };
  if (called !== undefined && graph.depth(called) >= CALL_DEPTH_MAX) {
    return { path: call.path, message: depthText(job, called, graph), severity: "error" };
  }
  const message = targetText(call, graph);
  return message === undefined ? undefined : { path: call.path, message, severity: "warning" };
}

function cycleText(job: ReadJob, cycle: readonly ReadJob[] | "too many jobs"): string {
  const remedy = "take one of these calls away";
  if (cycle === "too many jobs") return `leads back to this job through others; ${remedy}`;
  return `calls itself: ${chainText([job, ...cycle])}; ${remedy}`;
}

function depthText(job: ReadJob, called: ReadJob, graph: CallGraph): string {
  const chain = [job];
  for (
    let it: ReadJob | undefined = called;
    it !== undefined && chain.length < NAMED_MAX;
    it = graph.deepestAfter(it)
  ) {
    chain.push(it);
  }
  const remedy = `at most ${CALL_DEPTH_MAX} may follow each other, so put some of these jobs into one`;
  return `leads through ${1 + graph.depth(called)} calls (${chainText(chain)} -> …); ${remedy}`;
}

function targetText({ job, targets }: TargetedCall, graph: CallGraph): string | undefined {
  const named = JSON.stringify(job);
  const [only, ...others] = targets;
  if (only === undefined) return `no job has the id or name ${named}; the step fails until there is one`;
  if (others.length > 0) {
    return `${targets.length} jobs are named ${named}, so the step fails; write the id of the one that is meant`;
  }
  const isInvalid = !only.parsed.ok || graph.isOnCycle(only) || graph.depth(only) > CALL_DEPTH_MAX;
  return isInvalid ? `the job ${named} is invalid; the step fails until that job is mended` : undefined;
}

function chainText(jobs: readonly ReadJob[]): string {
  const names = jobs.map(({ name }) => name);
  if (names.length <= NAMED_MAX + 1) return names.join(" -> ");
  return [...names.slice(0, NAMED_MAX), "…", ...names.slice(-1)].join(" -> ");
}

function withProblems(parsed: Parsed<Job>, found: readonly Problem[]): Parsed<Job> {
  if (!parsed.ok) return parsed;
  const errors = found.filter((it) => it.severity === "error");
  const warnings = [...parsed.warnings, ...found.filter((it) => it.severity === "warning")];
  return errors.length === 0 ? { ...parsed, warnings } : { ok: false, problems: [...errors, ...warnings] };
}
