import type { AckStatus } from "../../../src/model/command.ts";
import type { FleetEvent } from "../../../src/model/event.ts";
import type { JobId, RevisionId } from "../../../src/model/job.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { Leader, SessionId } from "../../../src/model/member.ts";
import type { JobPause } from "../../../src/model/pause.ts";
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
  readonly formerMachineId: MachineId | undefined;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isDraining: boolean;
}

/** A run as `job_runs` would hold it, also after its end. */
export interface MemoryRun extends Omit<Run, "status"> {
  readonly status: Exclude<RunStatus, "missed" | "skipped">;
  readonly end: RunEnd | undefined;
  readonly keepMs: number | undefined;
  readonly cancelReason?: string | undefined;
}

export type MemoryRecord = MemoryRun | NoRun;

/** The records by id, with an index of the live ones: a long story has few of these among many that have ended. */
class RunTable extends Map<string, MemoryRecord> {
  readonly #live = new Set<string>();

  override set(id: string, record: MemoryRecord): this {
    if (isLive(record)) this.#live.add(id);
    else this.#live.delete(id);
    return super.set(id, record);
  }

  override delete(id: string): boolean {
    this.#live.delete(id);
    return super.delete(id);
  }

  /** In the order in which they were claimed. */
  live(): readonly (MemoryRun & Run)[] {
    return [...this.#live].flatMap((id) => {
      const record = this.get(id);
      return record !== undefined && isLive(record) ? [record] : [];
    });
  }
}

export function isLive(record: MemoryRecord): record is MemoryRun & Run {
  return record.status === "waiting" || record.status === "running";
}

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
  /** When each revision was stored. */
  readonly firstSeen: Map<RevisionId, EpochMs>;
  /** By job id, or job id and machine. */
  readonly cursors: Map<string, Cursor & { readonly next: EpochMs | undefined }>;
  readonly jobStates: Map<string, MemoryJobState>;
  readonly pauses: Map<JobId, JobPause>;
  /** By job id or machine id: the commands that changed its state. */
  readonly steeredBy: Map<string, ReadonlySet<string>>;
  readonly runs: RunTable;
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
    firstSeen: new Map(),
    cursors: new Map(),
    jobStates: new Map(),
    pauses: new Map(),
    steeredBy: new Map(),
    runs: new RunTable(),
    commands: new Map(),
    acks: new Map(),
    events: [],
    listeners: new Set(),
    changesLive: true,
  };
}

/** Notes that a command changes the state of a job or machine; false when it did so before. */
export function noteCommand({ steeredBy }: MemoryState, of: string, command: string): boolean {
  const before = steeredBy.get(of) ?? new Set();
  if (before.has(command)) return false;
  steeredBy.set(of, new Set([...before, command]));
  return true;
}
