import type { FleetEventType } from "../../model/event.ts";
import type { Job, JobId, RevisionId } from "../../model/job.ts";
import type { MachineId } from "../../model/machine.ts";
import type { Leader, SerialSighting } from "../../model/member.ts";
import type { JobPause } from "../../model/pause.ts";
import { type EpochMs, SECOND_MS } from "../../model/time.ts";
import type { Cursor } from "../../ports/cursor-store.ts";
import type { EventReader, StoredEvent } from "../../ports/event-reader.ts";
import type { JobPast, JobVersion } from "../../ports/job-past.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import type { LeaderStore } from "../../ports/leader-store.ts";
import type { MachineRecord, MachineStore } from "../../ports/machine-store.ts";
import type { PauseStore } from "../../ports/pause-store.ts";
import type { RevisionStore } from "../../ports/revision-store.ts";
import type { RunHistory, RunRecord } from "../../ports/run-history.ts";
import type { SerialStore } from "../../ports/serial-store.ts";
import type { ServerTime } from "../../ports/server-time.ts";
import type { FleetZone } from "../fleet-zone.ts";
import { type JobChange, jobChangesOf } from "./job-change.ts";

/** Where the evidence stands. */
export interface WhyPorts {
  readonly jobPast: JobPast;
  readonly revisions: Pick<RevisionStore, "read">;
  readonly runs: Pick<RunHistory, "ofOccurrence">;
  readonly events: EventReader;
  readonly machines: Pick<MachineStore, "readAll">;
  readonly serials: Pick<SerialStore, "readHeld">;
  readonly leader: Pick<LeaderStore, "read">;
  readonly pauses: Pick<PauseStore, "read">;
  readonly fleetZone: FleetZone;
  readonly serverTime: ServerTime;
}

/** The job that is asked about; `document` is missing when it was deleted. */
export interface AskedJob {
  readonly id: JobId;
  readonly name: string;
  readonly document: JobDocument | undefined;
}

/** All that is stored about one job and one minute. */
export interface WhyEvidence {
  readonly job: AskedJob;
  readonly at: EpochMs;
  readonly now: EpochMs;
  readonly fleetZone: string;
  readonly changes: readonly JobChange[];
  readonly versions: readonly JobVersion[];
  readonly fleetCursor: Cursor | undefined;
  readonly machineCursors: ReadonlyMap<MachineId, Cursor>;
  readonly records: readonly RunRecord[];
  readonly machines: readonly MachineRecord[];
  readonly held: readonly SerialSighting[];
  readonly leader: Leader;
  /** About members and leaders, before and after the minute. */
  readonly members: readonly StoredEvent[];
  readonly outages: readonly StoredEvent[];
  readonly handovers: readonly StoredEvent[];
  readonly oldestEvent: EpochMs | undefined;
  /** The pause that stands at present. */
  readonly pause: JobPause | undefined;
}

/** Who was there and who led. */
const TURN_TYPES: readonly FleetEventType[] = ["machine_joined", "machine_left", "session_reaped", "leader_changed"];
/** How members were; asked for apart, so that however many of one kind hide none of another. */
const STATE_TYPES: readonly FleetEventType[] = ["machine_fenced", "machine_unfenced", "clock_offset"];
const DRAIN_TYPES: readonly FleetEventType[] = ["command_done"];
const BEFORE_MAX = 5_000;
const AFTER_MAX = 1_000;
const OF_JOB_MAX = 1_000;
const VERSIONS_MAX = 200;
/** An outage that ended just before the minute may still have held it up. */
const OUTAGE_REACH_MS = 10 * SECOND_MS;

/** Reads all that is stored about one job and one minute. @throws {StoreUnavailableError} */
export async function gatherEvidence(ports: WhyPorts, job: AskedJob, at: EpochMs): Promise<WhyEvidence> {
  const { events, jobPast } = ports;
  const after = (at + 1) as EpochMs;
  const [now, fleetZone, machines, held, { leader }, records, versions, oldestEvent, pauses] = await Promise.all([
    ports.serverTime.now(),
    ports.fleetZone.read(),
    ports.machines.readAll(),
    ports.serials.readHeld(),
    ports.leader.read(),
    ports.runs.ofOccurrence(job.id, at),
    jobPast.versions(job.id, VERSIONS_MAX),
    events.oldest(),
    ports.pauses.read(),
  ]);
  const [cursors, changed, turns, states, drains, later, outages, handovers] = await Promise.all([
    jobPast.cursors(
      job.id,
      machines.map((it) => it.machineId),
    ),
    events.find({ types: ["job_changed"], jobId: job.id, prefer: "latest", limit: OF_JOB_MAX }),
    events.find({ types: TURN_TYPES, upTo: at, prefer: "latest", limit: BEFORE_MAX }),
    events.find({ types: STATE_TYPES, upTo: at, prefer: "latest", limit: BEFORE_MAX }),
    events.find({ types: DRAIN_TYPES, upTo: at, prefer: "latest", limit: AFTER_MAX }),
    events.find({ types: TURN_TYPES, from: after, prefer: "earliest", limit: AFTER_MAX }),
    events.find({
      types: ["database_away"],
      from: (at - OUTAGE_REACH_MS) as EpochMs,
      prefer: "earliest",
      limit: AFTER_MAX,
    }),
    events.find({ types: ["run_taken_over"], jobId: job.id, from: at, prefer: "earliest", limit: OF_JOB_MAX }),
  ]);
  return {
    job,
    at,
    now,
    fleetZone,
    changes: jobChangesOf(changed),
    versions,
    fleetCursor: cursors.fleet,
    machineCursors: cursors.ofMachines,
    records,
    machines,
    held,
    leader,
    members: [...turns, ...states, ...drains, ...later].sort((a, b) => a.at - b.at),
    outages,
    handovers,
    oldestEvent,
    pause: pauses.get(job.id),
  };
}

/** Reads a version of a job; `undefined` when it is not stored any more, or can't be read today. */
export type ReadVersion = (revision: RevisionId) => Promise<Job | undefined>;

/** Each version is read once. */
export function createVersionReader(revisions: WhyPorts["revisions"], document: JobDocument | undefined): ReadVersion {
  const read = new Map<RevisionId, Promise<Job | undefined>>();
  if (document !== undefined) read.set(document.revision, Promise.resolve(jobIn(document)));
  return (revision) => {
    const known = read.get(revision) ?? revisions.read(revision).then(jobIn);
    read.set(revision, known);
    return known;
  };
}

function jobIn(document: JobDocument | undefined): Job | undefined {
  return document?.parsed.ok === true ? document.parsed.value : undefined;
}
