import type { CommandTarget } from "../model/command.ts";
import { EXIT, ExitError } from "../model/errors.ts";
import type { Serial } from "../model/member.ts";
import { nearNames } from "../query/near-names.ts";
import type { MachineRow } from "../query/machine-rows.ts";
import { suggestion } from "./pick-job.ts";
import { visible } from "./print/visible.ts";

const WHOLE_NUMBER = /^[1-9]\d{0,8}$/;

/**
 * Whom a command is for: `all`, `leader`, a serial, a machine id or a hostname.
 * @throws {ExitError} 3 for a machine that never joined: no agent would answer
 */
export function pickTarget(text: string, machines: readonly MachineRow[]): CommandTarget {
  if (text === "all" || text === "leader") return { kind: text };
  if (WHOLE_NUMBER.test(text)) return { kind: "serial", serial: Number(text) as Serial };
  if (machines.some((it) => it.machineId === text || it.hostname === text)) return { kind: "machine", name: text };
  const names = ["all", "leader", ...machines.map((it) => it.hostname)];
  throw new ExitError(
    EXIT.notFound,
    `no machine has the id or hostname "${visible(text)}"`,
    suggestion(nearNames(text, names)) ?? "`fleetcron machine list` shows those that have joined.",
  );
}

/** A target in words. */
export function targetWords(target: CommandTarget): string {
  switch (target.kind) {
    case "all":
      return "all machines";
    case "leader":
      return "the leader";
    case "serial":
      return `serial ${target.serial}`;
    case "machine":
      return target.name;
  }
}
