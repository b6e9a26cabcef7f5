import { type CommandTarget, hasLabels } from "../model/command.ts";
import type { Clock } from "../ports/clock.ts";
import { type CommandAck, type CommandSender, FLEET_VERDICT } from "../ports/command-sender.ts";
import type { AckKey } from "../ports/command-store.ts";
import { machineNames } from "./machine-names.ts";
import { isThere, type MachineRow } from "./machine-rows.ts";

/** Between two looks at the answers. */
const LOOK_MS = 250;

/** Who has to answer a command: what stands behind a name, and under which key the answer comes. */
export interface Expected {
  readonly key: AckKey;
  readonly label: string;
}

/** Whose answers a command waits for: of `all`, those machines that live. */
export function expectedAnswers(target: CommandTarget, machines: readonly MachineRow[]): readonly Expected[] {
  const names = machineNames(machines);
  switch (target.kind) {
    case "leader":
      return [{ key: "leader", label: "leader" }];
    case "serial":
      return [{ key: `serial:${target.serial}`, label: `serial ${target.serial}` }];
    case "machine":
    case "labels":
    case "all":
      return machinesAt(target, machines).map((it) => ({
        key: it.machineId,
        label: names.get(it.machineId) ?? it.hostname,
      }));
  }
}

/** The machines that stand behind a target now: of `all` and of labels, those that live. */
export function machinesAt(target: CommandTarget, machines: readonly MachineRow[]): readonly MachineRow[] {
  switch (target.kind) {
    case "leader":
      return machines.filter((it) => it.role === "leader");
    case "serial":
      return machines.filter((it) => it.serial === target.serial);
    case "machine":
      return machines.filter((it) => it.machineId === target.name || it.hostname === target.name);
    case "labels":
      return machines.filter((it) => isThere(it) && hasLabels(it.labels, target.labels));
    case "all":
      return machines.filter(isThere);
  }
}

export interface AnswersResult {
  readonly answers: readonly CommandAck[];
  /** Those that did not answer in time; empty when the fleet itself refused the command. */
  readonly missing: readonly Expected[];
}

/**
 * Waits until everybody expected has answered, the fleet has refused the command, or the time is over.
 * @param onAnswer told of each answer once, as it is seen
 */
export async function awaitAnswers(
  { commands, clock }: { readonly commands: Pick<CommandSender, "answers">; readonly clock: Clock },
  command: string,
  expected: readonly Expected[],
  timeoutMs: number,
  onAnswer: (answer: CommandAck) => void,
): Promise<AnswersResult> {
  const startedAt = clock.monotonicNow();
  const told = new Set<AckKey>();
  for (;;) {
    const answers = await commands.answers(command);
    for (const answer of answers) {
      if (!told.has(answer.key)) onAnswer(answer);
      told.add(answer.key);
    }
    const missing = told.has(FLEET_VERDICT) ? [] : expected.filter((it) => !told.has(it.key));
    if (missing.length === 0 || clock.monotonicNow() - startedAt >= timeoutMs) return { answers, missing };
    await clock.sleep(LOOK_MS);
  }
}
