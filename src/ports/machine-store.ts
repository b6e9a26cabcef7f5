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
  /**
   * Writes the report with the server's time as `last_seen`. `joinedAt` is the server's time of the first report ever;
   * `isDraining` is a state of the machine that its reports leave alone.
   */
  report(report: MachineReport): Promise<{ readonly joinedAt: EpochMs; readonly isDraining: boolean }>;
  /** Of these names, those that are the id or the hostname of a machine that ever joined. */
  known(names: readonly string[]): Promise<ReadonlySet<string>>;
  readAll(): Promise<readonly MachineRecord[]>;
  /**
   * Sets whether the machine drains, in one step that notes the command: the same command changes nothing a second time.
   * False: no such machine is known.
   */
  setDraining(machine: MachineId, isDraining: boolean, command: string): Promise<boolean>;
  /** Removes what is kept of a machine, its cursors too. False: it holds a serial, or there is no such machine. */
  forget(machine: MachineId): Promise<boolean>;
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
  /** Names only: the values never leave the machine. */
  readonly secretNames: readonly string[];
  /** It begins no runs until it is told to. */
  readonly isDraining: boolean;
}
