import { EXIT, type ExitCode } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import { type MachineRow, readMachineTable } from "../../query/machine-rows.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import type { Paint, Tone } from "../print/paint.ts";
import type { Column, Fields } from "../print/printer.ts";
import { roughLength } from "../../query/times.ts";
import { visible } from "../print/visible.ts";

export const MACHINE_FIELDS: Fields<MachineRow> = {
  serial: (row) => row.serial,
  machine_id: (row) => row.machineId,
  hostname: (row) => row.hostname,
  state: (row) => row.state,
  role: (row) => row.role,
  last_seen_ago_ms: (row) => row.lastSeenAgoMs,
  clock_offset_ms: (row) => row.clockOffsetMs,
  version: (row) => row.version,
  running: (row) => row.running,
  labels: (row) => row.labels,
  draining: (row) => row.isDraining,
};

/** A clock further off than this is coloured: the fleet is not harmed, but its log and schedule texts mislead. */
const CLOCK_OFFSET_MS_WARN = 5_000;

/** `machine list`: who is in the fleet, who leads. */
export function machineList(call: Invocation): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const { rows } = await readMachineTable(fleet);
    call.print.list(rows, {
      fields: MACHINE_FIELDS,
      columns: machineColumns(call.print.paint),
      empty: "No machine has joined. Start an agent: fleetcron agent",
    });
    return EXIT.ok;
  });
}

/** The columns of lists of machines. */
export function machineColumns(paint: Paint): readonly Column<MachineRow>[] {
  return [
    { title: "SERIAL", cell: (row) => (row.serial === null ? "-" : String(row.serial)) },
    { title: "HOST", cell: (row) => visible(row.hostname) },
    { title: "STATE", cell: (row) => stateCell(row, paint) },
    { title: "ROLE", cell: (row) => (row.role === "none" ? "-" : paint(ROLE_TONE[row.role], row.role)) },
    { title: "SEEN", cell: (row) => (row.lastSeenAgoMs < 1_000 ? "now" : `${roughLength(row.lastSeenAgoMs)} ago`) },
    { title: "CLOCK", cell: (row) => clockCell(row, paint) },
    { title: "RUNNING", cell: (row) => String(row.running) },
    { title: "VERSION", cell: (row) => visible(row.version) },
    { title: "MACHINE ID", cell: (row) => visible(row.machineId) },
  ];
}

const ROLE_TONE = { leader: "strong", deputy: "quiet", member: "quiet" } as const;

function stateCell({ state, isDraining }: MachineRow, paint: Paint): string {
  const text = paint(stateTone(state), visible(state));
  return isDraining ? `${text}, ${paint("warning", "draining")}` : text;
}

function stateTone(state: string): Tone {
  if (state === "active") return "good";
  return state === "lost" || state === "silent" || state === "fenced" ? "bad" : "quiet";
}

function clockCell({ clockOffsetMs }: MachineRow, paint: Paint): string {
  if (clockOffsetMs === null) return "-";
  const text = `${clockOffsetMs < 0 ? "-" : "+"}${exactLength(Math.abs(clockOffsetMs))}`;
  return Math.abs(clockOffsetMs) > CLOCK_OFFSET_MS_WARN ? paint("warning", text) : text;
}
