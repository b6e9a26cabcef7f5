import { type CommandTarget, hasLabels } from "../model/command.ts";
import { EXIT, ExitError } from "../model/errors.ts";
import type { Serial } from "../model/member.ts";
import { nearNames } from "../query/near-names.ts";
import type { MachineRow } from "../query/machine-rows.ts";
import { suggestion } from "./pick-job.ts";
import { visible } from "./print/visible.ts";

const WHOLE_NUMBER = /^[1-9]\d{0,8}$/;

/**
 * Whom a command is for: `all`, `leader`, a serial, a machine id or a hostname.
 * @throws {ExitError} 3 for a machine that never joined, or a serial that no machine holds: no agent would answer
 */
export function pickTarget(text: string, machines: readonly MachineRow[]): CommandTarget {
  if (text === "all" || text === "leader") return { kind: text };
  if (WHOLE_NUMBER.test(text)) return { kind: "serial", serial: heldSerial(text, machines) };
  if (machines.some((it) => it.machineId === text || it.hostname === text)) return { kind: "machine", name: text };
  throw noMachine(text, machines, ["all", "leader"]);
}

function heldSerial(text: string, machines: readonly MachineRow[]): Serial {
  const serial = Number(text) as Serial;
  if (machines.some((it) => it.serial === serial)) return serial;
  throw new ExitError(
    EXIT.notFound,
    `no machine holds the serial ${text}`,
    "`fleetcron machine list` shows the serials that are held.",
  );
}

function noMachine(text: string, machines: readonly MachineRow[], otherNames: readonly string[]): ExitError {
  const names = [...otherNames, ...machines.map((it) => it.hostname)];
  return new ExitError(
    EXIT.notFound,
    `no machine has the id or hostname "${visible(text)}"`,
    suggestion(nearNames(text, names)) ?? "`fleetcron machine list` shows those that have joined.",
  );
}

/**
 * One machine by its id, by the serial that it holds, or by a hostname that no other has.
 * @throws {ExitError} 3 when none has that name or serial, 6 when several have that name
 */
export function pickMachine(text: string, machines: readonly MachineRow[]): MachineRow {
  const [byId] = machines.filter((it) => it.machineId === text);
  if (byId !== undefined) return byId;
  if (WHOLE_NUMBER.test(text)) {
    const serial = heldSerial(text, machines);
    const [holder] = machines.filter((it) => it.serial === serial);
    if (holder !== undefined) return holder;
  }
  const [only, second] = machines.filter((it) => it.hostname === text);
  if (only !== undefined && second === undefined) return only;
  const ids = machines.filter((it) => it.hostname === text).map((it) => visible(it.machineId));
  if (ids.length > 0)
    throw new ExitError(
      EXIT.conflict,
      `${ids.length} machines have the hostname "${visible(text)}": ${ids.join(", ")}`,
      "Name one of them by its id, or by its serial.",
    );
  throw noMachine(text, machines, []);
}

/**
 * The machines with labels that a person wrote as `site=seoul,role=db`.
 * @throws {ExitError} 2 when it is written otherwise, 3 when no machine that ever joined has them
 */
export function pickLabels(text: string, machines: readonly MachineRow[]): CommandTarget {
  const parsed = readLabelsOption(text);
  if (Object.keys(parsed).length === 0)
    throw new ExitError(EXIT.usage, `--labels "${visible(text)}" names no label`, "Write it as site=seoul,role=db.");
  if (machines.some((it) => hasLabels(it.labels, parsed))) return { kind: "labels", labels: parsed };
  throw new ExitError(
    EXIT.notFound,
    `no machine has the labels ${visible(labelWords(parsed))}`,
    "`fleetcron machine show NAME` shows the labels of a machine.",
  );
}

function readLabelsOption(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(",").flatMap((part) => {
      const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

function labelWords(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
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
    case "labels":
      return `machines with ${labelWords(target.labels)}`;
  }
}
