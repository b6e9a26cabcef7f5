import type { Changes } from "../ports/changes.ts";
import type { ClaimStore } from "../ports/claim-store.ts";
import type { CommandStore } from "../ports/command-store.ts";
import type { CursorStore } from "../ports/cursor-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { JobHealthStore } from "../ports/job-health-store.ts";
import type { JobSource } from "../ports/job-source.ts";
import type { LeaderStore } from "../ports/leader-store.ts";
import type { MachineStore } from "../ports/machine-store.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import type { RunStore, TakeoverStore } from "../ports/run-store.ts";
import type { SerialStore } from "../ports/serial-store.ts";

/** What an agent keeps in MongoDB, port by port. */
export interface AgentStores {
  readonly serials: SerialStore;
  readonly leaders: LeaderStore;
  readonly machines: MachineStore;
  readonly jobs: JobSource;
  readonly jobHealth: JobHealthStore;
  readonly revisions: RevisionStore;
  readonly fleetCursors: CursorStore;
  readonly machineCursors: CursorStore;
  readonly claims: ClaimStore;
  readonly runs: RunStore;
  readonly takeovers: TakeoverStore;
  readonly commands: CommandStore;
  readonly events: EventLog;
  readonly changes: Changes;
}
