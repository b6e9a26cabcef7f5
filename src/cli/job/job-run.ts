import { isForOne } from "../../model/command.ts";
import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { manualRunId } from "../../model/run-id.ts";
import type { RunId } from "../../model/run.ts";
import { followRun } from "../../query/follow-run.ts";
import { readMachineTable } from "../../query/machine-rows.ts";
import { askedTarget, type TargetOptions } from "../fleet/ask-agents.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { pickJob } from "../pick-job.ts";
import { targetWords } from "../pick-target.ts";
import { exactLength } from "../../query/times.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";
import { printRun } from "../run/run-show.ts";
import { runOnMachines } from "./run-on-machines.ts";

export interface JobRunOptions extends TargetOptions {
  readonly wait?: true;
  readonly timeout: number;
}

/** `job run`: has the fleet run a job outside of its schedule, once. With `--wait` the exit code is the run's. */
export function jobRun(call: Invocation, name: string, options: JobRunOptions): Promise<ExitCode> {
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
      args: { job: document.id },
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
        isAwaited: options.wait === true,
        timeoutMs: options.timeout,
      });
    }
    const run = manualRunId(document.id, command);
    if (options.wait) {
      call.print.words(`${words}, waiting for its end`);
      return waitForRun(call, fleet, { command, run, timeoutMs: options.timeout });
    }
    call.print.thing({ command, run }, () => `${words}\nSee it with: fleetcron run show '${visible(run)}'`);
    return EXIT.ok;
  });
}

async function waitForRun(
  call: Invocation,
  fleet: Fleet,
  { command, run, timeoutMs }: { readonly command: string; readonly run: RunId; readonly timeoutMs: number },
): Promise<ExitCode> {
  const followed = await followRun({ ...fleet, clock: call.deps.clock }, command, run, timeoutMs);
  switch (followed.outcome) {
    case "ended":
      await printRun(call, fleet, followed.run);
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
