import type { CommandTarget, CommandType } from "../../model/command.ts";
import { EXIT, ExitError } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import { SECOND_MS } from "../../model/time.ts";
import type { CommandAck, CommandDraft } from "../../ports/command-sender.ts";
import { awaitAnswers, expectedAnswers } from "../../query/command-answers.ts";
import type { MachineRow } from "../../query/machine-rows.ts";
import type { Fleet, Invocation } from "../invocation.ts";
import { pickLabels, pickTarget, targetWords } from "../pick-target.ts";
import { visible } from "../print/visible.ts";

/** How long a command that is about one thing waits for its one answer. */
const ANSWER_TIMEOUT_MS = 30 * SECOND_MS;

/** How a person names whom a command is for. */
export interface TargetOptions {
  readonly to?: string;
  readonly labels?: string;
}

/**
 * Whom a command is for, or `otherwise` when nobody is named.
 * @throws {ExitError} for a target that nobody is, or two of them
 */
export function askedTarget(
  { to, labels }: TargetOptions,
  otherwise: string,
  machines: readonly MachineRow[],
): CommandTarget {
  if (labels === undefined) return pickTarget(to ?? otherwise, machines);
  if (to !== undefined) throw new ExitError(EXIT.usage, "say --to or --labels, not both");
  return pickLabels(labels, machines);
}

/** Inserts a command. */
export function sendCommand(
  call: Invocation,
  fleet: Fleet,
  type: CommandType,
  target: CommandTarget,
  args: CommandDraft["args"],
): Promise<string> {
  return fleet.commands.send({ type, target, args, createdAt: call.deps.clock.wallNow(), expiresAt: undefined });
}

/**
 * Sends a command that one agent answers, and waits for its answer.
 * @throws {ExitError} 124 when nobody answers in time, 1 when the answer is no
 */
export async function askOne(
  call: Invocation,
  fleet: Fleet,
  type: CommandType,
  target: CommandTarget,
  args: CommandDraft["args"],
  machines: readonly MachineRow[],
): Promise<CommandAck> {
  const command = await sendCommand(call, fleet, type, target, args);
  const ports = { commands: fleet.commands, clock: call.deps.clock };
  const expected = expectedAnswers(target, machines);
  const { answers } = await awaitAnswers(ports, command, expected, ANSWER_TIMEOUT_MS, () => {});
  const [answer] = answers;
  if (answer === undefined) {
    throw new ExitError(
      EXIT.timedOut,
      `${visible(targetWords(target))} did not answer within ${exactLength(ANSWER_TIMEOUT_MS)}`,
      `The command ${visible(command)} waits for an agent that can; \`fleetcron machine list\` shows who lives.`,
    );
  }
  if (answer.status !== "ok") throw new ExitError(EXIT.failed, `${answer.status}: ${visible(answer.result)}`);
  return answer;
}
