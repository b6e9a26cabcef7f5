import type { JobId } from "./job.ts";
import type { MachineId } from "./machine.ts";
import type { RunId } from "./run.ts";

/** The key of an occurrence: in the fleet, or of one machine. */
export function scheduledRunId(job: JobId, occurrenceKey: string, machine: MachineId | undefined): RunId {
  return `${escapePart(job)}|${occurrenceKey}|${machine === undefined ? "fleet" : escapePart(machine)}` as RunId;
}

/** A command makes at most one run, or one on each `machine` for a job that runs on all. */
export function manualRunId(job: JobId, commandId: string, machine?: MachineId): RunId {
  const asked = machine === undefined ? commandId : `${commandId}|${machine}`;
  return `${escapePart(job)}|manual|${escapePart(asked)}` as RunId;
}

/** Each occurrence is made up for once at most, whoever asks how often. */
export function backfillRunId(job: JobId, occurrenceKey: string, machine: MachineId | undefined): RunId {
  return `${scheduledRunId(job, occurrenceKey, machine)}|backfill` as RunId;
}

/** A part of an id whose parts are joined by `|`. */
export function escapePart(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|");
}
