import type { JobId } from "./job.ts";
import type { MachineId } from "./machine.ts";
import type { RunId } from "./run.ts";

/** The key of an occurrence: in the fleet, or of one machine. */
export function scheduledRunId(job: JobId, occurrenceKey: string, machine: MachineId | undefined): RunId {
  return `${escapePart(job)}|${occurrenceKey}|${machine === undefined ? "fleet" : escapePart(machine)}` as RunId;
}

/** A command makes at most one run. */
export function manualRunId(job: JobId, commandId: string): RunId {
  return `${escapePart(job)}|manual|${escapePart(commandId)}` as RunId;
}

function escapePart(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|");
}
