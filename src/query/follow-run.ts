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

/** Follows the run that a `run_job` command makes until it ends, the command is refused, or the time is over. */
export async function followRun(
  { runs, commands, clock }: FollowPorts,
  command: string,
  id: RunId,
  timeoutMs: number,
): Promise<RunFollowed> {
  const startedAt = clock.monotonicNow();
  for (;;) {
    const run = await runs.find(id);
    if (run !== undefined && isFinal(run.status)) return { outcome: "ended", run };
    const refusal = run === undefined ? (await commands.answers(command)).find((it) => it.status !== "ok") : undefined;
    if (refusal !== undefined) return { outcome: "refused", answer: refusal };
    if (clock.monotonicNow() - startedAt >= timeoutMs) return { outcome: "timed_out", run };
    await clock.sleep(LOOK_MS);
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
 */
export async function followMachineRuns(
  { runs, commands, clock }: FollowPorts,
  job: JobId,
  command: string,
  expected: readonly Expected[],
  timeoutMs: number,
): Promise<MachineRunsFollowed> {
  const startedAt = clock.monotonicNow();
  const { answers, missing } = await awaitAnswers({ commands, clock }, command, expected, timeoutMs, () => {});
  const ended: RunRecord[] = [];
  const open: RunId[] = [];
  for (const { status, machineId } of answers) {
    if (status !== "ok" || machineId === undefined) continue;
    const id = manualRunId(job, command, machineId as MachineId);
    const leftMs = startedAt + timeoutMs - clock.monotonicNow();
    // Its machine has said that it began; what others refuse does not concern it.
    const followed = await followRun({ runs, commands: NO_ANSWERS, clock }, command, id, leftMs);
    if (followed.outcome === "ended") ended.push(followed.run);
    else open.push(id);
  }
  return { ended, open, refusals: answers.filter((it) => it.status !== "ok"), missing };
}

const NO_ANSWERS: FollowPorts["commands"] = { answers: async () => [] };

/** Whether a record changes no more. */
export function isFinal(status: RunStatus): boolean {
  return status !== "waiting" && status !== "running";
}
