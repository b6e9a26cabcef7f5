import type { MachineId, MachineIdentity } from "../model/machine.ts";
import type { Serial, SessionId } from "../model/member.ts";
import type { EpochMs } from "../model/time.ts";

/** What an agent tells about itself. */
export interface MachineReport {
  readonly identity: MachineIdentity;
  readonly version: string;
  /** Version of the time zone data. */
  readonly tzdata: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
  readonly session: SessionId | null;
  readonly serial: Serial | null;
  readonly state: "standby" | "active" | "fenced" | "stopping" | "stopped";
  readonly clockOffsetMs: number | null;
  /** Runs under way. */
  readonly running: number;
  readonly memoryBytes: number;
}

/** The `machines` collection: for people to read, nothing is decided by it except who had joined when. */
export interface MachineStore {
  /** Writes the report with the server's time as `last_seen`; `joinedAt` is the server's time of the first report ever. */
  report(report: MachineReport): Promise<{ readonly joinedAt: EpochMs }>;
  /** Whether any machine that ever joined has this id or hostname. */
  isKnown(name: string): Promise<boolean>;
  readAll(): Promise<readonly MachineRecord[]>;
}

export interface MachineRecord {
  readonly machineId: MachineId;
  readonly hostname: string;
  readonly serial: Serial | null;
  readonly state: string;
  readonly version: string;
  readonly joinedAt: EpochMs;
  readonly lastSeen: EpochMs;
  readonly clockOffsetMs: number | null;
  readonly running: number;
  readonly memoryBytes: number;
  readonly labels: Readonly<Record<string, string>>;
}
