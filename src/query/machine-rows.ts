import { DEPUTIES, isLeaderAlive } from "../membership/leadership.ts";
import type { MachineId } from "../model/machine.ts";
import type { Leader, Serial, SerialSighting } from "../model/member.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { EpochMs } from "../model/time.ts";
import type { LeaderStore } from "../ports/leader-store.ts";
import type { MachineRecord, MachineStore } from "../ports/machine-store.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import type { ServerTime } from "../ports/server-time.ts";
import type { SettingsStore } from "../ports/settings-store.ts";

export interface MachineReads {
  readonly machines: Pick<MachineStore, "readAll">;
  readonly serials: Pick<SerialStore, "readHeld">;
  readonly leader: Pick<LeaderStore, "read">;
  readonly settings: Pick<SettingsStore, "read">;
  readonly serverTime: ServerTime;
}

/** A machine as a list shows it. */
export interface MachineRow {
  readonly machineId: MachineId;
  readonly hostname: string;
  /** Read from the serials, which decide; `null` while it holds none. */
  readonly serial: Serial | null;
  /** What the agent said last; `lost`: its session has ended without a word; `silent`: it has not, but nothing is heard. */
  readonly state: string;
  readonly role: "leader" | "deputy" | "member" | "none";
  /** By the clock of MongoDB. */
  readonly lastSeenAgoMs: number;
  readonly clockOffsetMs: number | null;
  readonly version: string;
  readonly running: number;
  readonly labels: Readonly<Record<string, string>>;
  /** It begins no runs. */
  readonly isDraining: boolean;
  readonly secretNames: readonly string[];
}

/** Whether a machine lives as far as is known. */
export function isThere({ state }: MachineRow): boolean {
  return state !== "stopped" && state !== "lost";
}

export interface MachineTable {
  readonly now: EpochMs;
  readonly rows: readonly MachineRow[];
  readonly leader: Leader;
  readonly isLeaderAlive: boolean;
  /** `undefined`: no agent has used this database. */
  readonly settings: FleetSettings | undefined;
}

/** Every machine that ever joined: serials first, lowest first, then the others by the time they were last seen. */
export async function readMachineTable(reads: MachineReads): Promise<MachineTable> {
  const [records, held, { leader }, settings, now] = await Promise.all([
    reads.machines.readAll(),
    reads.serials.readHeld(),
    reads.leader.read(),
    reads.settings.read(),
    reads.serverTime.now(),
  ]);
  const rows = records.map((record) => machineRow(record, held, leader, settings, now));
  return {
    now,
    rows: rows.toSorted(bySerialThenLastSeen),
    leader,
    isLeaderAlive: isLeaderAlive(leader, held),
    settings,
  };
}

function machineRow(
  record: MachineRecord,
  held: readonly SerialSighting[],
  leader: Leader,
  settings: FleetSettings | undefined,
  now: EpochMs,
): MachineRow {
  const rank = held.findIndex((it) => it.machineId === record.machineId);
  const sighting = held[rank];
  const lastSeenAgoMs = Math.max(0, now - record.lastSeen);
  const isHeard = settings === undefined || lastSeenAgoMs <= 2 * settings.lease.ttlMs;
  return {
    machineId: record.machineId,
    hostname: record.hostname,
    serial: sighting?.serial ?? null,
    state: isHeard || record.state === "stopped" ? record.state : sighting === undefined ? "lost" : "silent",
    role: roleOf(sighting, rank, leader),
    lastSeenAgoMs,
    clockOffsetMs: record.clockOffsetMs,
    version: record.version,
    running: record.running,
    labels: record.labels,
    isDraining: record.isDraining,
    secretNames: record.secretNames,
  };
}

function roleOf(sighting: SerialSighting | undefined, rank: number, leader: Leader): MachineRow["role"] {
  if (sighting === undefined) return "none";
  if (sighting.session === leader.session) return "leader";
  return rank <= DEPUTIES ? "deputy" : "member";
}

function bySerialThenLastSeen(a: MachineRow, b: MachineRow): number {
  const serials = (a.serial ?? Number.POSITIVE_INFINITY) - (b.serial ?? Number.POSITIVE_INFINITY);
  return Number.isNaN(serials) || serials === 0 ? a.lastSeenAgoMs - b.lastSeenAgoMs : serials;
}
