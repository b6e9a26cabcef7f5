import { isForOne } from "../../model/command.ts";
import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import { manualRunId } from "../../model/run-id.ts";
import type { RunId } from "../../model/run.ts";
import { followRun } from "../../query/follow-run.ts";
import { readMachineTable } from "../../query/machine-rows.ts";
import { askedTarget, type TargetOptions } from "../fleet/ask-agents.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { pickJob } from "../pick-job.ts";
import { targetWords } from "../pick-target.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";
import { followLines } from "../run/follow-lines.ts";
import { printRun } from "../run/run-show.ts";
import { runOnMachines } from "./run-on-machines.ts";
import { readVarPairs } from "./run-vars.ts";

export interface JobRunOptions extends TargetOptions {
  readonly wait?: true;
  readonly follow?: true;
  /** `name=value`. */
  readonly var: readonly string[];
  readonly timeout: number;
  readonly dryRun?: true;
  /** Of a dry run alone. */
  readonly file?: readonly string[];
  readonly at?: string;
}

/** `job run`, or with `--dry-run` a look at what that would do. */
export async function jobRunOrLook(
  call: Invocation,
  name: string | undefined,
  options: JobRunOptions,
): Promise<ExitCode> {
  if (options.dryRun === true) {
    const { jobDryRun } = await import("./job-dry-run.ts");
    return jobDryRun(call, name, readVarPairs(options.var), options);
  }
  const lookOnly = options.file === undefined ? "at" : "file";
  if (options[lookOnly] !== undefined) throw new ExitError(EXIT.usage, `--${lookOnly} goes with --dry-run alone`);
  if (name === undefined) throw new ExitError(EXIT.usage, "name the job that is to run");
  return jobRun(call, name, options);
}

/** `job run`: has the fleet run a job outside of its schedule, once. With `--wait` the exit code is the run's. */
function jobRun(call: Invocation, name: string, options: JobRunOptions): Promise<ExitCode> {
  const vars = readVarPairs(options.var);
  return withFleet(call, async (fleet) => {
    const [document, { rows }] = await Promise.all([pickJob(fleet.jobs, name), readMachineTable(fleet)]);
    if (!document.parsed.ok) {
      const summary = `job "${visible(document.name)}" is invalid, so no agent would run it:`;
      throw new ProblemsError(EXIT.problems, summary, document.parsed.problems);
    }
    const target = askedTarget(options, "leader", rows);
    const command = await fleet.commands.send({
      type: "run_job",
      target,
      args: { job: document.id, ...(Object.keys(vars).length === 0 ? {} : { vars }) },
      createdAt: call.deps.clock.wallNow(),
      expiresAt: undefined,
    });
    const words = `Asked ${visible(targetWords(target))} to run "${visible(document.name)}"`;
    if (document.parsed.value.runOn === "all" && !isForOne(target)) {
      return runOnMachines(call, fleet, {
        job: document,
        command,
        target,
        rows,
        words,
        isAwaited: options.wait === true || options.follow === true,
        isFollowed: options.follow === true,
        timeoutMs: options.timeout,
      });
    }
    const run = manualRunId(document.id, command);
    if (options.wait || options.follow) {
      call.print.words(`${words}, ${options.follow ? "following it" : "waiting for its end"}`);
      const isFollowed = options.follow === true;
      return waitForRun(call, fleet, { command, run, timeoutMs: options.timeout, isFollowed });
    }
    call.print.thing({ command, run }, () => `${words}\nSee it with: ${showCommand(run)}`);
    return EXIT.ok;
  });
}

interface AwaitedRun {
  readonly command: string;
  readonly run: RunId;
  readonly timeoutMs: number;
  /** Whether each of its changes is told. */
  readonly isFollowed: boolean;
}

async function waitForRun(
  call: Invocation,
  fleet: Fleet,
  { command, run, timeoutMs, isFollowed }: AwaitedRun,
): Promise<ExitCode> {
  const onLook = isFollowed ? followLines(call) : undefined;
  const followed = await followRun({ ...fleet, clock: call.deps.clock }, command, run, timeoutMs, onLook);
  switch (followed.outcome) {
    case "ended":
      // For people all that happened is told by then; programs get the run.
      if (isFollowed && call.print.format === "table") call.print.words(`See it with: ${showCommand(run)}`);
      else await printRun(call, fleet, followed.run);
      return followed.run.status === "ok" ? EXIT.ok : EXIT.failed;
    case "refused":
      throw new ExitError(EXIT.failed, `${followed.answer.status}: ${visible(followed.answer.result)}`);
    case "timed_out": {
      const state = followed.run === undefined ? "no agent has begun it" : `it is ${followed.run.status}`;
      throw new ExitError(
        EXIT.timedOut,
        `run "${visible(run)}" has not ended within ${exactLength(timeoutMs)}: ${state}`,
        followed.run === undefined ? "`fleetcron machine list` shows whether an agent lives." : undefined,
      );
    }
  }
}

function showCommand(run: RunId): string {
  return `fleetcron run show '${visible(run)}'`;
}
