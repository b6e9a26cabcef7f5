import type { AckStatus } from "../../../src/model/command.ts";
import type { FleetEvent } from "../../../src/model/event.ts";
import type { RevisionId } from "../../../src/model/job.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { Leader, SessionId } from "../../../src/model/member.ts";
import type { NoRun, Run, RunEnd, RunStatus } from "../../../src/model/run.ts";
import type { FleetSettings } from "../../../src/model/settings.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { Cursor } from "../../../src/ports/cursor-store.ts";
import type { JobHealth } from "../../../src/ports/job-health-store.ts";
import type { JobDocument } from "../../../src/ports/job-source.ts";
import type { FleetView } from "../../../src/ports/leader-store.ts";
import type { MachineRecord } from "../../../src/ports/machine-store.ts";

/** A serial; free when `session` is null. */
export interface MemorySerial {
  readonly serial: number;
  readonly session: SessionId | null;
  readonly token: number;
  readonly heartbeat: number;
  readonly machineId: MachineId | undefined;
  readonly place: string;
  readonly leaseUntil: EpochMs;
}

/** A run as `job_runs` would hold it, also after its end. */
export interface MemoryRun extends Omit<Run, "status"> {
  readonly status: Exclude<RunStatus, "missed" | "skipped">;
  readonly end: RunEnd | undefined;
  readonly keepMs: number | undefined;
}

export type MemoryRecord = MemoryRun | NoRun;

export interface MemoryAck {
  readonly command: string;
  readonly key: string;
  readonly status: AckStatus | "seen";
  readonly result: string;
  readonly machineId: string | undefined;
  readonly at: EpochMs;
}

export interface MemoryJobState {
  readonly health: JobHealth | undefined;
  readonly lastRun: { readonly id: string; readonly status: RunStatus; readonly endAt: EpochMs } | undefined;
  readonly lastSuccessAt: EpochMs | undefined;
  readonly failuresInRow: number;
}

/** What all agents of a fleet share, in place of a database. Each change of it is one step, as in MongoDB. */
export interface MemoryState {
  readonly serverNow: () => EpochMs;
  readonly serials: Map<number, MemorySerial>;
  leader: Leader;
  view: FleetView & { readonly term: number };
  settings: FleetSettings | undefined;
  readonly machines: Map<string, MachineRecord>;
  /** BSON by the text of the `_id`, in the order of insertion. */
  readonly jobs: Map<string, Uint8Array>;
  readonly revisions: Map<RevisionId, JobDocument>;
  /** By job id, or job id and machine. */
  readonly cursors: Map<string, Cursor & { readonly next: EpochMs | undefined }>;
  readonly jobStates: Map<string, MemoryJobState>;
  readonly runs: Map<string, MemoryRecord>;
  readonly commands: Map<string, Uint8Array>;
  readonly acks: Map<string, MemoryAck>;
  readonly events: (FleetEvent & { readonly at: EpochMs })[];
  readonly listeners: Set<(collection: "jobs" | "commands") => void>;
  changesLive: boolean;
}

export function createMemoryState(serverNow: () => EpochMs): MemoryState {
  return {
    serverNow,
    serials: new Map(),
    leader: { session: null, serial: null, machineId: null, term: 0 },
    view: { version: 0, members: [], term: 0 },
    settings: undefined,
    machines: new Map(),
    jobs: new Map(),
    revisions: new Map(),
    cursors: new Map(),
    jobStates: new Map(),
    runs: new Map(),
    commands: new Map(),
    acks: new Map(),
    events: [],
    listeners: new Set(),
    changesLive: true,
  };
}
