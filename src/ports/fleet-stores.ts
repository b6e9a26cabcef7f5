import type { Changes } from "./changes.ts";
import type { ClaimStore } from "./claim-store.ts";
import type { CommandStore } from "./command-store.ts";
import type { CursorStore } from "./cursor-store.ts";
import type { EventLog } from "./event-log.ts";
import type { JobHealthStore } from "./job-health-store.ts";
import type { JobSource } from "./job-source.ts";
import type { LeaderStore } from "./leader-store.ts";
import type { MachineStore } from "./machine-store.ts";
import type { PauseStore } from "./pause-store.ts";
import type { RevisionStore } from "./revision-store.ts";
import type { RunStore, TakeoverStore } from "./run-store.ts";
import type { SerialStore } from "./serial-store.ts";
import type { ServerTime } from "./server-time.ts";
import type { SettingsStore } from "./settings-store.ts";
import type { MachineId } from "../model/machine.ts";

/** What an agent keeps in MongoDB, port by port. */
export interface FleetStores {
  readonly settings: SettingsStore;
  readonly serials: SerialStore;
  readonly leaders: LeaderStore;
  readonly machines: MachineStore;
  readonly jobs: JobSource;
  readonly jobHealth: JobHealthStore;
  readonly pauses: PauseStore;
  readonly revisions: RevisionStore;
  readonly fleetCursors: CursorStore;
  /** Those of one machine, for jobs that run on all. */
  cursorsOf(machine: MachineId): CursorStore;
  readonly claims: ClaimStore;
  readonly runs: RunStore;
  readonly takeovers: TakeoverStore;
  readonly commands: CommandStore;
  readonly events: EventLog;
  readonly changes: Changes;
  readonly serverTime: ServerTime;
}
