import type { RunId, RunStatus } from "../model/run.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandAck, CommandSender } from "../ports/command-sender.ts";
import type { RunHistory, RunRecord } from "../ports/run-history.ts";

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

/** Whether a record changes no more. */
export function isFinal(status: RunStatus): boolean {
  return status !== "waiting" && status !== "running";
}
