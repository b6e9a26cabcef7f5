import { EXIT, type ExitCode } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import { type MachineRow, readMachineTable } from "../../query/machine-rows.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { pickMachine } from "../pick-target.ts";
import { factLines, recordOf } from "../print/printer.ts";
import { roughLength } from "../../query/times.ts";
import { visible } from "../print/visible.ts";
import { MACHINE_FIELDS } from "./machine-list.ts";

/** `machine show`: all that is known of one machine. Of its secrets only the names are known anywhere else. */
export function machineShow(call: Invocation, name: string): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const { rows } = await readMachineTable(fleet);
    const machine = pickMachine(name, rows);
    call.print.thing({ ...recordOf(machine, MACHINE_FIELDS), secret_names: machine.secretNames }, () =>
      machineText(call, machine),
    );
    return EXIT.ok;
  });
}

function machineText({ print: { paint } }: Invocation, machine: MachineRow): string {
  const { serial, clockOffsetMs, labels, secretNames } = machine;
  const labelTexts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const facts = factLines(
    [
      ["machine id", machine.machineId],
      ["state", machine.isDraining ? `${machine.state}, draining: it begins no runs` : machine.state],
      ["serial", serial === null ? "none" : String(serial)],
      ["role", machine.role === "none" ? undefined : machine.role],
      ["seen", `${roughLength(machine.lastSeenAgoMs)} ago`],
      ["clock", clockOffsetMs === null ? undefined : clockWords(clockOffsetMs)],
      ["running", String(machine.running)],
      ["labels", labelTexts.length === 0 ? undefined : labelTexts.join(", ")],
      ["secrets", secretNames.length === 0 ? "none" : secretNames.join(", ")],
      ["version", machine.version],
    ],
    paint,
  );
  return `${paint("strong", visible(machine.hostname))}\n${facts}`;
}

function clockWords(offsetMs: number): string {
  return `${exactLength(Math.abs(offsetMs))} ${offsetMs < 0 ? "behind" : "ahead of"} MongoDB's`;
}
