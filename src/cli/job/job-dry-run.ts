import type { AgentConfig } from "../../model/config.ts";
import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import type { Job } from "../../model/job.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Parsed } from "../../model/problem.ts";
import type { EpochMs } from "../../model/time.ts";
import { findJob } from "../../query/find-job.ts";
import { parseInstant } from "../../query/instant.ts";
import { readableLocal } from "../../query/times.ts";
import { namedTime, wallTime } from "../../query/wall-clock.ts";
import { dryRun } from "../../rehearsal/dry-run/dry-run.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { pickAmong } from "../pick-job.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";
import { countProblems, dryRunText, dryStepRecord } from "./dry-run-text.ts";
import { readJobFile } from "./job-file.ts";

export interface DryRunOptions {
  /** The job is in the first; the others hold what it calls. */
  readonly file?: readonly string[];
  /** When it is taken to run; without it at once. */
  readonly at?: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
  readonly parsed: Parsed<Job>;
}

interface Scene {
  readonly job: Named;
  /** Those that it may call. */
  readonly jobs: readonly Named[];
  readonly config: AgentConfig;
  readonly fleetZone: string;
  readonly now: EpochMs;
}

/**
 * `job run --dry-run`: shows what a run would do with this machine's config, and does nothing of it: no request, no
 * command, no write. Exit 8 when a request could not be sent.
 */
export async function jobDryRun(
  call: Invocation,
  name: string | undefined,
  vars: JsonObject,
  options: DryRunOptions,
): Promise<ExitCode> {
  const { file } = options;
  if (file !== undefined) return show(call, await sceneOfFiles(call, name, file), vars, options);
  if (name === undefined) throw new ExitError(EXIT.usage, "name a job, or a file with --file");
  return withFleet(call, async (fleet) => {
    const [jobs, fleetZone, now] = await Promise.all([
      fleet.jobs.readAll(),
      fleet.fleetZone.read(),
      fleet.serverTime.now(),
    ]);
    const job = pickAmong(jobs, name, "`fleetcron job list` shows the names.");
    return show(call, { job, jobs, config: fleet.config, fleetZone, now }, vars, options);
  });
}

async function sceneOfFiles(
  call: Invocation,
  name: string | undefined,
  [file = "-", ...further]: readonly string[],
): Promise<Scene> {
  const entries = await readJobFile(call.deps, file);
  if (name === undefined && entries.length > 1) {
    throw new ExitError(EXIT.usage, `${visible(file)} holds ${entries.length} jobs: name the one that is meant`);
  }
  const [only] = entries;
  const job = name === undefined ? only : pickAmong(entries, name);
  if (job === undefined) throw new ExitError(EXIT.notFound, `${visible(file)} holds no job`);
  const jobs: Named[] = [...entries];
  for (const it of further) jobs.push(...(await readJobFile(call.deps, it)));
  const { config } = await call.deps.loadConfig(call.flags);
  return { job, jobs, config, fleetZone: config.fleet.zone, now: call.deps.clock.wallNow() };
}

async function show(
  call: Invocation,
  { job, jobs, config, fleetZone, now }: Scene,
  vars: JsonObject,
  options: DryRunOptions,
): Promise<ExitCode> {
  if (!job.parsed.ok) {
    throw new ProblemsError(EXIT.problems, `job "${visible(job.name)}" is invalid:`, job.parsed.problems);
  }
  const { value } = job.parsed;
  const zone = value.schedule.zone ?? fleetZone;
  const at = options.at === undefined ? now : readAt(options.at, zone);
  const local = wallTime(at, zone);
  const steps = await dryRun({
    job: value,
    vars,
    secrets: config.secrets,
    defaults: config.http,
    at,
    wallTime: local,
    findJob: (idOrName) => calledJob(jobs, idOrName),
    readTime: (text, after) => namedTime(text, after, zone),
  });
  const problems = countProblems(steps);
  call.print.thing(
    { job: job.name, scheduled_for: new Date(at).toISOString(), problems, steps: steps.map(dryStepRecord) },
    () => dryRunText(steps, call.print.paint),
  );
  call.print.words(summary(job.name, readableLocal(local.local), problems));
  return problems === 0 ? EXIT.ok : EXIT.problems;
}

function summary(name: string, time: string, problems: number): string {
  const what = `"${visible(name)}" as it would run at ${time}. Nothing was sent.`;
  const headers = "FleetCron adds the headers Idempotency-Key, traceparent and X-FleetCron-….";
  if (problems === 0) return `${what} ${headers}`;
  return `${what} ${problems === 1 ? "1 problem" : `${problems} problems`} would stop it.`;
}

function readAt(text: string, zone: string): EpochMs {
  const at = parseInstant(text, zone);
  if (at !== undefined) return at;
  throw new ExitError(EXIT.usage, `"${visible(text)}" is not a time`, "Write it as 2026-12-01T09:00.");
}

function calledJob(jobs: readonly Named[], idOrName: string): Job | { readonly problem: string } {
  const match = findJob(jobs, idOrName);
  if (match.outcome === "ambiguous")
    return { problem: `${match.ids.length} jobs are named "${idOrName}"; write the id of the one that is meant` };
  if (match.outcome === "none")
    return { problem: `no job has the id or name "${idOrName}"; make one, or with --file name its file, too` };
  const { parsed } = match.job;
  return parsed.ok
    ? parsed.value
    : { problem: `the job "${idOrName}" is invalid; \`fleetcron job validate\` says why` };
}
