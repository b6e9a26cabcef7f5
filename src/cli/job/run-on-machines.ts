import type { CommandTarget } from "../../model/command.ts";
import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import { manualRunId } from "../../model/run-id.ts";
import type { RunId } from "../../model/run.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { expectedAnswers, machinesAt } from "../../query/command-answers.ts";
import { followMachineRuns } from "../../query/follow-run.ts";
import { machineNames } from "../../query/machine-names.ts";
import type { MachineRow } from "../../query/machine-rows.ts";
import type { Fleet, Invocation } from "../invocation.ts";
import { visible } from "../print/visible.ts";
import { followLines } from "../run/follow-lines.ts";
import { printRuns } from "../run/run-list.ts";

export interface AskedMachines {
  readonly job: JobDocument;
  readonly command: string;
  readonly target: CommandTarget;
  readonly rows: readonly MachineRow[];
  /** What was asked of whom. */
  readonly words: string;
  /** Whether to wait for the ends, and how long at most. */
  readonly isAwaited: boolean;
  /** Whether each change of each run is told. */
  readonly isFollowed: boolean;
  readonly timeoutMs: number;
}

/** The rest of `job run` for a job that runs on all machines: each machine that is asked has a run of its own. */
export async function runOnMachines(call: Invocation, fleet: Fleet, asked: AskedMachines): Promise<ExitCode> {
  const { job, command, target, rows, words, isAwaited } = asked;
  if (isAwaited) {
    call.print.words(`${words}, waiting for the end on each machine`);
    return waitForRuns(call, fleet, asked);
  }
  const runs = machinesAt(target, rows).map((it) => manualRunId(job.id, command, it.machineId));
  const hints = runs.map((run) => `See it with: fleetcron run show '${visible(run)}'`);
  const otherwise = "No machine that lives has to do it now; `fleetcron run list` shows what comes of it";
  call.print.thing({ command, runs }, () => [words, ...(hints.length === 0 ? [otherwise] : hints)].join("\n"));
  return EXIT.ok;
}

async function waitForRuns(call: Invocation, fleet: Fleet, asked: AskedMachines): Promise<ExitCode> {
  const { job, command, target, rows, timeoutMs, isFollowed } = asked;
  const expected = expectedAnswers(target, rows);
  if (expected.length === 0) throw new ExitError(EXIT.timedOut, "no machine lives that could run it");
  const ports = { ...fleet, clock: call.deps.clock };
  const onLook = isFollowed ? followOnMachines(call, rows) : undefined;
  const { ended, open, refusals, missing } = await followMachineRuns(
    ports,
    job.id,
    command,
    expected,
    timeoutMs,
    onLook,
  );
  if (ended.length > 0) await printRuns(call, fleet, ended, await fleet.serverTime.now());
  const names = machineNames(rows);
  const nameOf = (id: string | undefined) => (id === undefined ? "the fleet" : (names.get(id) ?? id));
  const refused = refusals.map((it) => `${nameOf(it.machineId)}: ${it.status}: ${it.result}`);
  const late = [
    ...missing.map((it) => `${it.label} did not answer`),
    ...open.map((run) => `run "${run}" has not ended`),
  ];
  if (refused.length + late.length > 0) {
    const within = late.length > 0 ? ` within ${exactLength(timeoutMs)}` : "";
    const what = [...refused, ...late].map(visible).join("; ");
    throw new ExitError(late.length > 0 ? EXIT.timedOut : EXIT.failed, `${what}${within}`);
  }
  return ended.every((it) => it.status === "ok") ? EXIT.ok : EXIT.failed;
}

/** The lines of each run begin with the name of its machine. */
function followOnMachines(call: Invocation, rows: readonly MachineRow[]): (run: RunRecord) => void {
  const names = machineNames(rows);
  const tellers = new Map<RunId, (run: RunRecord) => void>();
  return (run) => {
    const name = run.scope === undefined ? undefined : (names.get(run.scope) ?? run.scope);
    const tell = tellers.get(run.id) ?? followLines(call, name);
    tellers.set(run.id, tell);
    tell(run);
  };
}
