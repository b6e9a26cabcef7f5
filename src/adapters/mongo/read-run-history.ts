import type { Filter } from "mongodb";
import type { MachineId } from "../../model/machine.ts";
import type { Serial } from "../../model/member.ts";
import type { RunHistory, RunQuery, RunRecord } from "../../ports/run-history.ts";
import { runsOf } from "./collections.ts";
import { dateOf, instantOf, instantOrUndefined } from "./documents/instants.ts";
import { factsOf, type RunDocument } from "./documents/run-document.ts";
import { stepsOf } from "./documents/step-document.ts";
import type { Lane } from "./lane.ts";

/** Every machine of a fleet may have a record of one occurrence. */
const RECORDS_MAX = 2_000;

/** What a list does not show, and what is most of a document. */
const WITHOUT_BULK = { inner_steps: 0, "steps.response_sample": 0, "steps.values": 0, vars: 0 } as const;

/** The `job_runs` collection, for people to read. */
export function createRunHistory(lane: Lane): RunHistory {
  return {
    list: (query) =>
      lane.run("read the runs", async (db, session) => {
        const found = await runsOf(db)
          .find(filterOf(query), { projection: WITHOUT_BULK, session })
          .sort({ scheduled_for: -1 })
          .limit(query.limit)
          .toArray();
        return found.map(runRecordOf);
      }),
    find: (id) =>
      lane.run("read a run", async (db, session) => {
        const found = await runsOf(db).findOne({ _id: id }, { session });
        return found === null ? undefined : runRecordOf(found);
      }),
    withIds: (ids) =>
      lane.run("read runs", async (db, session) => {
        const found = await runsOf(db)
          .find({ _id: { $in: [...ids] } }, { projection: WITHOUT_BULK, session })
          .toArray();
        const byId = new Map(found.map((it) => [it._id, it]));
        return ids.flatMap((id) => {
          const document = byId.get(id);
          return document === undefined ? [] : [runRecordOf(document)];
        });
      }),
    ofOccurrence: (jobId, scheduledFor) =>
      lane.run("read the records of an occurrence", async (db, session) => {
        const at = dateOf(scheduledFor);
        const there = await runsOf(db)
          .find({ job_id: jobId, scheduled_for: at }, { session })
          .limit(RECORDS_MAX)
          .toArray();
        const stretches = await runsOf(db)
          .find({ job_id: jobId, last: { $gte: at }, scheduled_for: { $lt: at } }, { session })
          .limit(RECORDS_MAX)
          .toArray();
        return [...there, ...stretches].filter((it) => it.trigger !== "manual").map(runRecordOf);
      }),
  };
}

function filterOf({ jobId, statuses, since }: RunQuery): Filter<RunDocument> {
  return {
    ...(jobId === undefined ? {} : { job_id: jobId }),
    ...(statuses.length === 0 ? {} : { status: { $in: statuses } }),
    ...(since === undefined ? {} : { scheduled_for: { $gte: dateOf(since) } }),
  };
}

function runRecordOf(document: RunDocument): RunRecord {
  const { id, jobId, jobName, trigger, scheduledFor, local, scope, revision, vars } = factsOf(document);
  const { last, count } = document;
  const recordedAt = instantOrUndefined(document.recorded_at);
  const dueAt = instantOrUndefined(document.due_at);
  return {
    id,
    jobId,
    jobName,
    trigger,
    scheduledFor,
    local,
    scope,
    revision,
    ...(vars === undefined ? {} : { vars }),
    status: document.status,
    reason: document.reason,
    machineId: (document.claimed_by ?? document.recorded_by) as MachineId | undefined,
    serial: document.executed_by_serial as Serial | undefined,
    claimedAt: instantOrUndefined(document.claimed_at),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(recordedAt === undefined ? {} : { recordedAt }),
    startAt: instantOrUndefined(document.start_at),
    endAt: instantOrUndefined(document.end_at),
    takeovers: document.takeovers ?? 0,
    cancelRequested: document.cancel_requested ?? false,
    steps: stepsOf(document),
    stretch: last === undefined || count === undefined ? undefined : { last: instantOf(last), count },
  };
}
