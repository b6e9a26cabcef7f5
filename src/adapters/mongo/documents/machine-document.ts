import type { MachineId } from "../../../model/machine.ts";
import type { Serial } from "../../../model/member.ts";
import type { MachineRecord, MachineReport } from "../../../ports/machine-store.ts";
import type { SteeredDocument } from "../steered-by.ts";
import { instantOf } from "./instants.ts";

/** A document of `machines`. */
export interface MachineDocument extends SteeredDocument {
  readonly _id: string;
  readonly hostname: string;
  readonly place: string;
  readonly boot_id: string;
  readonly version: string;
  readonly tzdata: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly secret_names: readonly string[];
  readonly session: string | null;
  readonly serial: number | null;
  readonly state: string;
  readonly clock_offset_ms: number | null;
  readonly running: number;
  readonly memory_bytes: number;
  readonly joined_at: Date;
  readonly last_seen: Date;
  /** Set by commands, left alone by reports; missing is false. */
  readonly draining?: boolean;
}

/** What the machine says itself; the two times are the server's. */
export function reportFields(
  report: MachineReport,
): Omit<MachineDocument, "_id" | "joined_at" | "last_seen" | "draining" | "steered_by"> {
  return {
    hostname: report.identity.hostname,
    place: report.identity.place,
    boot_id: report.identity.bootId,
    version: report.version,
    tzdata: report.tzdata,
    labels: report.labels,
    secret_names: report.secretNames,
    session: report.session,
    serial: report.serial,
    state: report.state,
    clock_offset_ms: report.clockOffsetMs,
    running: report.running,
    memory_bytes: report.memoryBytes,
  };
}

export function machineRecordOf(document: MachineDocument): MachineRecord {
  return {
    machineId: document._id as MachineId,
    hostname: document.hostname,
    serial: document.serial as Serial | null,
    state: document.state,
    version: document.version,
    joinedAt: instantOf(document.joined_at),
    lastSeen: instantOf(document.last_seen),
    clockOffsetMs: document.clock_offset_ms,
    running: document.running,
    memoryBytes: document.memory_bytes,
    labels: document.labels,
    secretNames: document.secret_names ?? [],
    isDraining: document.draining ?? false,
  };
}
