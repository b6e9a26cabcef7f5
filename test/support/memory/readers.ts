import type { JobId } from "../../../src/model/job.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { EventReader } from "../../../src/ports/event-reader.ts";
import type { JobPast } from "../../../src/ports/job-past.ts";
import type { RunHistory, RunRecord } from "../../../src/ports/run-history.ts";
import type { MemoryRecord, MemoryState } from "./state.ts";

/** What people read of a fleet in memory. */
export interface MemoryReaders {
  readonly events: EventReader;
  readonly jobPast: JobPast;
  readonly runs: RunHistory;
}

export function createMemoryReaders(state: MemoryState): MemoryReaders {
  return {
    events: createMemoryEventReader(state),
    jobPast: createMemoryJobPast(state),
    runs: createMemoryHistory(state),
  };
}

function createMemoryEventReader({ events }: MemoryState): EventReader {
  return {
    async find({ types, jobId, from, upTo, prefer, limit }) {
      const found = events
        .filter((it) => types.includes(it.type) && (jobId === undefined || it.facts["job_id"] === jobId))
        .filter((it) => (from === undefined || it.at >= from) && (upTo === undefined || it.at <= upTo))
        .toSorted((a, b) => a.at - b.at);
      return prefer === "latest" ? found.slice(-limit) : found.slice(0, limit);
    },
    oldest: async () => events.map((it) => it.at).toSorted((a, b) => a - b)[0],
  };
}

function createMemoryJobPast(state: MemoryState): JobPast {
  const cursorOf = (key: string) => state.cursors.get(key);
  return {
    async versions(job, limit) {
      const versions = [...state.revisions.values()]
        .filter((it) => it.id === job)
        .map(({ revision }) => ({ revision, firstSeen: state.firstSeen.get(revision) ?? state.serverNow() }));
      return versions.toSorted((a, b) => a.firstSeen - b.firstSeen).slice(-limit);
    },
    async cursors(job, machines) {
      const ofMachines = machines.flatMap((it) => {
        const cursor = cursorOf(`${job}|machine|${it}`);
        return cursor === undefined ? [] : [[it, cursor] as const];
      });
      return {
        fleet: cursorOf(`${job}|fleet`),
        ofMachines: new Map<MachineId, NonNullable<ReturnType<typeof cursorOf>>>(ofMachines),
      };
    },
    async known(idOrName) {
      const named = [...state.jobStates].map(([id, { health }]) => ({ id: id as JobId, name: health?.name ?? id }));
      return named.filter((it) => it.id === idOrName || it.name === idOrName);
    },
  };
}

function createMemoryHistory({ runs }: MemoryState): RunHistory {
  const records = () => [...runs.values()].map(recordOf);
  return {
    async list({ jobId, statuses, since, limit }) {
      return records()
        .filter((it) => jobId === undefined || it.jobId === jobId)
        .filter((it) => statuses.length === 0 || statuses.includes(it.status))
        .filter((it) => since === undefined || it.scheduledFor >= since)
        .toSorted((a, b) => b.scheduledFor - a.scheduledFor)
        .slice(0, limit)
        .map(withoutBulk);
    },
    find: async (id) => records().find((it) => it.id === id),
    async withIds(ids) {
      const byId = new Map(records().map((it) => [it.id, withoutBulk(it)]));
      return ids.flatMap((id) => byId.get(id) ?? []);
    },
    async ofOccurrence(job, at) {
      return records()
        .filter((it) => it.jobId === job && it.trigger !== "manual")
        .filter(
          (it) => it.scheduledFor === at || (it.scheduledFor < at && it.stretch !== undefined && it.stretch.last >= at),
        );
    },
  };
}

/** What a list leaves out. */
function withoutBulk({ vars: _vars, steps, ...record }: RunRecord): RunRecord {
  const outer = steps.filter((it) => it.parent === undefined);
  return { ...record, steps: outer.map(({ values: _values, ...it }) => ({ ...it, responseSample: undefined })) };
}

function recordOf(record: MemoryRecord): RunRecord {
  const { id, jobId, jobName, trigger, scheduledFor, local, scope, revision, vars } = record;
  const given = vars === undefined ? {} : { vars };
  const facts = { id, jobId, jobName, trigger, scheduledFor, local, scope, revision, ...given };
  if (!("session" in record)) {
    const { status, reason, recordedBy: machineId, recordedAt, stretch } = record;
    return { ...facts, status, reason, machineId, recordedAt, stretch, ...NO_RUN };
  }
  const {
    status,
    end,
    claimedBy: machineId,
    serial,
    claimedAt,
    dueAt,
    startAt,
    takeovers,
    cancelRequested,
    steps,
  } = record;
  return {
    ...facts,
    status,
    reason: end?.reason,
    machineId,
    serial,
    claimedAt,
    ...(dueAt > scheduledFor ? { dueAt } : {}),
    startAt,
    endAt: end?.endAt,
    takeovers,
    cancelRequested,
    steps,
    stretch: undefined,
  };
}

const NO_RUN = {
  serial: undefined,
  claimedAt: undefined,
  startAt: undefined,
  endAt: undefined,
  takeovers: 0,
  cancelRequested: false,
  steps: [],
};
