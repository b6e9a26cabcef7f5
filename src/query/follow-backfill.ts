import type { CommandTarget } from "../model/command.ts";
import type { RunId } from "../model/run.ts";
import type { CommandAck } from "../ports/command-sender.ts";
import type { RunHistory, RunRecord } from "../ports/run-history.ts";
import { awaitAnswers, type Expected, expectedAnswers } from "./command-answers.ts";
import { type FollowPorts, isFinal } from "./follow-run.ts";
import type { MachineRow } from "./machine-rows.ts";

/** Between two looks at the runs. */
const LOOK_MS = 500;

export interface BackfillFollowed {
  /** In the order of the ids given. */
  readonly runs: readonly RunRecord[];
  /** False when the time was over first. */
  readonly haveEnded: boolean;
  readonly refusals: readonly CommandAck[];
  /** Who did not answer in time. */
  readonly missing: readonly Expected[];
}

/** Follows the runs of a backfill until they have ended, or the time is over. An answer comes after the runs are made. */
export async function followBackfill(
  { runs, commands, clock }: Omit<FollowPorts, "runs"> & { readonly runs: Pick<RunHistory, "withIds"> },
  asked: {
    readonly command: string;
    readonly target: CommandTarget;
    readonly machines: readonly MachineRow[];
    readonly ids: readonly RunId[];
  },
  timeoutMs: number,
): Promise<BackfillFollowed> {
  const startedAt = clock.monotonicNow();
  const expected = expectedAnswers(asked.target, asked.machines);
  const { answers, missing } = await awaitAnswers({ commands, clock }, asked.command, expected, timeoutMs, () => {});
  const refusals = answers.filter((it) => it.status !== "ok");
  for (;;) {
    const made = await runs.withIds(asked.ids);
    const haveEnded = made.every((it) => isFinal(it.status));
    if (haveEnded || clock.monotonicNow() - startedAt >= timeoutMs) return { runs: made, haveEnded, refusals, missing };
    await clock.sleep(LOOK_MS);
  }
}
