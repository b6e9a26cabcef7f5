import type { JobId } from "../model/job.ts";
import type { MachineId } from "../model/machine.ts";
import { manualRunId } from "../model/run-id.ts";
import type { RunId, RunStatus } from "../model/run.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandAck, CommandSender } from "../ports/command-sender.ts";
import type { RunHistory, RunRecord } from "../ports/run-history.ts";
import { awaitAnswers, type Expected } from "./command-answers.ts";

/** Between two looks at the run. */
const LOOK_MS = 250;
/** The same for one of hundreds of steps, which is a document of hundreds of kilobytes. */
const LOOK_AT_LARGE_MS = 1_000;
const LARGE_STEPS = 200;

export type RunFollowed =
  | { readonly outcome: "ended"; readonly run: RunRecord }
  /** No run came of the command. */
  | { readonly outcome: "refused"; readonly answer: CommandAck }
  | { readonly outcome: "timed_out"; readonly run: RunRecord | undefined };

export interface FollowPorts {
  readonly runs: Pick<RunHistory, "find">;
  readonly commands: Pick<CommandSender, "answers">;
  readonly clock: Clock;
}

/**
 * Follows the run that a `run_job` command makes until it ends, the command is refused, or the time is over.
 * @param onLook told of the run each time that it was read
 */
export async function followRun(
  { runs, commands, clock }: FollowPorts,
  command: string,
  id: RunId,
  timeoutMs: number,
  onLook: (run: RunRecord) => void = () => {},
): Promise<RunFollowed> {
  const startedAt = clock.monotonicNow();
  for (;;) {
    const run = await runs.find(id);
    if (run !== undefined) onLook(run);
    if (run !== undefined && isFinal(run.status)) return { outcome: "ended", run };
    const refusal = run === undefined ? (await commands.answers(command)).find((it) => it.status !== "ok") : undefined;
    if (refusal !== undefined) return { outcome: "refused", answer: refusal };
    if (clock.monotonicNow() - startedAt >= timeoutMs) return { outcome: "timed_out", run };
    await clock.sleep(run !== undefined && run.steps.length > LARGE_STEPS ? LOOK_AT_LARGE_MS : LOOK_MS);
  }
}

export interface MachineRunsFollowed {
  /** Those that have ended, in the order of the answers. */
  readonly ended: readonly RunRecord[];
  readonly open: readonly RunId[];
  readonly refusals: readonly CommandAck[];
  /** Who did not answer in time. */
  readonly missing: readonly Expected[];
}

/**
 * Follows the runs that a `run_job` command makes of a job that runs on all machines: one on each machine that says it
 * began. Ends when all of them have, or when the time is over.
 * @param onLook told of each run each time that it was read
 */
export async function followMachineRuns(
  { runs, commands, clock }: FollowPorts,
  job: JobId,
  command: string,
  expected: readonly Expected[],
  timeoutMs: number,
  onLook: (run: RunRecord) => void = () => {},
): Promise<MachineRunsFollowed> {
  const startedAt = clock.monotonicNow();
  const { answers, missing } = await awaitAnswers({ commands, clock }, command, expected, timeoutMs, () => {});
  const begun = answers.flatMap(({ status, machineId }) =>
    status === "ok" && machineId !== undefined ? [manualRunId(job, command, machineId as MachineId)] : [],
  );
  const refusals = answers.filter((it) => it.status !== "ok");
  const ended = new Map<RunId, RunRecord>();
  for (;;) {
    for (const id of begun.filter((it) => !ended.has(it))) {
      const run = await runs.find(id);
      if (run !== undefined) onLook(run);
      if (run !== undefined && isFinal(run.status)) ended.set(id, run);
    }
    const open = begun.filter((it) => !ended.has(it));
    if (open.length === 0 || clock.monotonicNow() - startedAt >= timeoutMs)
      return { ended: begun.flatMap((it) => ended.get(it) ?? []), open, refusals, missing };
    await clock.sleep(LOOK_MS);
  }
}

/** Whether a record changes no more. */
export function isFinal(status: RunStatus): boolean {
  return status !== "waiting" && status !== "running";
}
