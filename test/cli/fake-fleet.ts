import type { AgentConfig } from "../../src/model/config.ts";
import type { JobId, RevisionId } from "../../src/model/job.ts";
import type { MachineId } from "../../src/model/machine.ts";
import { type Leader, leaseTiming, type Serial, type SerialSighting, type SessionId } from "../../src/model/member.ts";
import type { FleetSettings } from "../../src/model/settings.ts";
import type { RunId } from "../../src/model/run.ts";
import { DAY_MS, type EpochMs } from "../../src/model/time.ts";
import type { CommandAck, CommandDraft } from "../../src/ports/command-sender.ts";
import type { DocumentValue } from "../../src/ports/job-editor.ts";
import type { JobContent, JobDocument } from "../../src/ports/job-source.ts";
import type { JobPause } from "../../src/model/pause.ts";
import type { Cursor } from "../../src/ports/cursor-store.ts";
import type { StoredEvent } from "../../src/ports/event-reader.ts";
import type { JobVersion } from "../../src/ports/job-past.ts";
import type { JobState } from "../../src/ports/job-state-reader.ts";
import type { MachineRecord } from "../../src/ports/machine-store.ts";
import type { RunRecord } from "../../src/ports/run-history.ts";
import { jobsWithCalls } from "../../src/query/jobs-with-calls.ts";
import { parseJob } from "../../src/schema/job.ts";
import { ObjectIdHex } from "../../src/schema/object-id-hex.ts";
import type { FleetAccess } from "../../src/cli/deps.ts";

export const NOW = Date.parse("2026-11-21T05:00:00Z") as EpochMs;

/** A fleet that is only what a test puts into it, and that keeps what the program writes. */
export interface FakeFleet extends FleetAccess {
  readonly documents: Map<string, Record<string, unknown>>;
  readonly states: Map<JobId, JobState>;
  readonly history: RunRecord[];
  /** What agents told, in any order. */
  readonly told: StoredEvent[];
  readonly versions: JobVersion[];
  readonly revisionsKept: Map<RevisionId, JobDocument>;
  /** Jobs whose documents are gone. */
  readonly formerJobs: { readonly id: JobId; readonly name: string }[];
  readonly machineCursors: Map<MachineId, Cursor>;
  cursor: Cursor | undefined;
  readonly paused: Map<JobId, JobPause>;
  readonly members: { record: MachineRecord; sighting: SerialSighting | undefined }[];
  readonly sent: CommandDraft[];
  /** Answers by the id of the command, which is `command-1` and so on. */
  readonly acks: Map<string, CommandAck[]>;
  led: Leader;
  stored: FleetSettings | undefined;
  isClosed: boolean;
}

export const SETTINGS: FleetSettings = {
  zone: "Asia/Seoul",
  maxSerial: 1000,
  lease: leaseTiming(3_000, 12_000, 3_000),
};

export function createFakeFleet(): FakeFleet {
  const fleet: FakeFleet = {
    documents: new Map(),
    states: new Map(),
    history: [],
    told: [],
    versions: [],
    revisionsKept: new Map(),
    formerJobs: [],
    machineCursors: new Map(),
    cursor: undefined,
    paused: new Map(),
    members: [],
    sent: [],
    acks: new Map(),
    led: { session: null, serial: null, machineId: null, term: 0 },
    stored: SETTINGS,
    isClosed: false,
    config: { fleet: SETTINGS, runs: { keepOkMs: 7 * DAY_MS, keepFailedMs: 30 * DAY_MS } } as AgentConfig,
    jobs: jobsWithCalls({
      readAll: async () => [...fleet.documents].map(([id, fields]) => jobDocument(id, fields)),
    }),
    jobEditor: {
      idText: (id) => (id instanceof ObjectIdHex ? id.hex : String(id)) as JobId,
      read: async (id) => fleet.documents.get(id) as Record<string, DocumentValue> | undefined,
      create: async (fields) => {
        const written = fields["_id"];
        const id = written === undefined ? `made-${fleet.documents.size + 1}` : fleet.jobEditor.idText(written);
        if (fleet.documents.has(id)) return { outcome: "exists" };
        fleet.documents.set(id, { _id: id, ...fields });
        return { outcome: "created", id: id as JobId };
      },
      replace: async (id, fields) => {
        const before = fleet.documents.get(id);
        if (before === undefined) return "gone";
        const after = { ...fields, _id: id };
        if (sameContent(before, after)) return "unchanged";
        fleet.documents.set(id, after);
        return "replaced";
      },
    },
    jobStates: { readStates: async () => fleet.states },
    runs: {
      list: async ({ jobId, statuses, since, limit }) =>
        fleet.history
          .filter((it) => jobId === undefined || it.jobId === jobId)
          .filter((it) => statuses.length === 0 || statuses.includes(it.status))
          .filter((it) => since === undefined || it.scheduledFor >= since)
          .toSorted((a, b) => b.scheduledFor - a.scheduledFor)
          .slice(0, limit),
      withIds: async (ids) => ids.flatMap((id) => fleet.history.find((it) => it.id === id) ?? []),
      find: async (id) => fleet.history.find((it) => it.id === id),
      ofOccurrence: async (job, at) =>
        fleet.history.filter(
          (it) =>
            it.jobId === job &&
            it.trigger !== "manual" &&
            (it.scheduledFor === at || (it.stretch !== undefined && it.scheduledFor < at && at <= it.stretch.last)),
        ),
    },
    jobPast: {
      versions: async () => fleet.versions,
      cursors: async () => ({ fleet: fleet.cursor, ofMachines: fleet.machineCursors }),
      known: async (idOrName) => fleet.formerJobs.filter((it) => it.id === idOrName || it.name === idOrName),
    },
    pauses: { read: async () => fleet.paused },
    revisions: { read: async (revision) => fleet.revisionsKept.get(revision) },
    events: {
      find: async ({ types, jobId, from, upTo, prefer, limit }) => {
        const found = fleet.told
          .filter((it) => types.includes(it.type))
          .filter((it) => jobId === undefined || it.facts["job_id"] === jobId)
          .filter((it) => (from === undefined || it.at >= from) && (upTo === undefined || it.at <= upTo))
          .toSorted((a, b) => a.at - b.at);
        return prefer === "latest" ? found.slice(-limit) : found.slice(0, limit);
      },
      oldest: async () => fleet.told.map((it) => it.at).toSorted((a, b) => a - b)[0],
    },
    machines: {
      readAll: async () => fleet.members.map((it) => it.record),
      async forget(machine) {
        const at = fleet.members.findIndex((it) => it.record.machineId === machine && it.sighting === undefined);
        if (at >= 0) fleet.members.splice(at, 1);
        return at >= 0;
      },
    },
    serials: { readHeld: async () => fleet.members.flatMap((it) => it.sighting ?? []) },
    leader: { read: async () => ({ leader: fleet.led, view: { version: 0, members: [] } }) },
    settings: { read: async () => fleet.stored },
    commands: {
      send: async (draft) => {
        fleet.sent.push(draft);
        return `command-${fleet.sent.length}`;
      },
      answers: async (command) => fleet.acks.get(command) ?? [],
    },
    serverTime: { now: async () => NOW },
    close: async () => {
      fleet.isClosed = true;
    },
  };
  return fleet;
}

function jobDocument(id: string, fields: Record<string, unknown>): JobDocument {
  const { name } = fields;
  return {
    id: id as JobId,
    name: typeof name === "string" ? name : id,
    revision: "revision" as RevisionId,
    content: fields as unknown as JobContent,
    parsed: parseJob(fields, id as JobId),
  };
}

function sameContent(a: object, b: object): boolean {
  const text = (it: object) =>
    JSON.stringify(
      Object.entries(it).toSorted(([one], [other]) => (one < other ? -1 : 1)),
      (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
    );
  return text(a) === text(b);
}

/** Puts a valid job into the fleet, due every day at 14:30 in Seoul, with what a test says otherwise. */
export function addJob(fleet: FakeFleet, id: string, fields: Record<string, unknown> = {}): void {
  fleet.documents.set(id, { _id: id, ...jobFields(id), ...fields });
}

export function jobFields(name: string): Record<string, unknown> {
  return { name, enabled: true, hour: 14, minute: 30, method: "GET", url: "https://example.org/prices" };
}

/** Puts a machine with a serial into the fleet; `undefined` leaves it without. */
export function addMachine(
  fleet: FakeFleet,
  hostname: string,
  serial: number | undefined,
  facts: Partial<MachineRecord> = {},
): void {
  const machineId = facts.machineId ?? (`id-of-${hostname}` as MachineId);
  const record: MachineRecord = {
    machineId,
    hostname,
    serial: (serial ?? null) as Serial | null,
    state: serial === undefined ? "standby" : "active",
    version: "0.1.0",
    joinedAt: (NOW - 86_400_000) as EpochMs,
    lastSeen: (NOW - 2_000) as EpochMs,
    clockOffsetMs: 12,
    running: 0,
    memoryBytes: 1,
    labels: {},
    secretNames: [],
    isDraining: false,
    ...facts,
  };
  const session = `session-of-${facts.machineId ?? hostname}` as SessionId;
  const sighting =
    serial === undefined
      ? undefined
      : {
          serial: serial as Serial,
          session,
          token: 1,
          machineId,
          place: "",
          heartbeat: 1,
          leaseUntil: NOW,
          hostname,
          labels: record.labels,
          isDraining: record.isDraining,
        };
  fleet.members.push({ record, sighting });
}

/** Makes a machine the leader. */
export function lead(fleet: FakeFleet, hostname: string, term = 7): void {
  const member = fleet.members.find((it) => it.record.hostname === hostname);
  const { session = null, serial = null } = member?.sighting ?? {};
  fleet.led = { session, serial, machineId: member?.record.machineId ?? null, term };
}

/** Puts a run into the fleet: ended well an hour ago, with what a test says otherwise. */
export function addRun(fleet: FakeFleet, id: string, facts: Partial<RunRecord> = {}): void {
  const scheduledFor = (NOW - 3_600_000) as EpochMs;
  fleet.history.push({
    id: id as RunId,
    jobId: "prices" as JobId,
    jobName: "prices",
    trigger: "schedule",
    scheduledFor,
    local: "2026-11-21T13:00:00+09:00",
    status: "ok",
    reason: undefined,
    scope: undefined,
    machineId: "id-of-web-1" as MachineId,
    serial: 1 as Serial,
    claimedAt: scheduledFor,
    startAt: (scheduledFor + 250) as EpochMs,
    endAt: (scheduledFor + 3_450) as EpochMs,
    takeovers: 0,
    cancelRequested: false,
    revision: "revision" as RevisionId,
    steps: [],
    stretch: undefined,
    ...facts,
  });
}
