import type { CatchUp, Job, JobId, OnAgentLoss, Overlap, RunOn } from "../model/job.ts";
import type { Parsed } from "../model/problem.ts";
import type { ScheduleSpec } from "../model/schedule-spec.ts";
import { isAbsent, openObject, type Field, type Fields } from "./field.ts";
import { Findings, type Border } from "./findings.ts";
import { readNumber, readSeconds } from "./numbers.ts";
import { readChoice, readFilledText, readFlag, readMap, readText } from "./read-values.ts";
import { readSchedule, SCHEDULE_FIELDS } from "./schedule-fields.ts";
import { createShareEqual } from "./share-equal.ts";
import { namesOf, refuseUnsupported } from "./unsupported-fields.ts";
import { readWhere } from "./where-fields.ts";
import { readWork, WORK_FIELDS } from "./work-fields.ts";

const JITTER_SEC_MAX = 3_600;
const CATCH_UP_WINDOW_SEC_DEFAULT = 3_600;
const CATCH_UP_WINDOW_SEC_MAX = 366 * 86_400;
const CATCH_UP_MAX_DEFAULT = 100;
const CATCH_UP_MAX_LIMIT = 10_000;
const RUN_TIMEOUT_SEC_DEFAULT = 86_400;
const RUN_TIMEOUT_SEC_MAX = 30 * 86_400;

/** The original took whole numbers as texts; jobs hold templates, no secrets, so messages may quote. */
const JOB_BORDER: Border = { takesTextNumbers: true, quotesTexts: true };

const UNSUPPORTED_FIELDS = {
  depends_on: "remove it, and put both into the actions of one job",
  notify: "remove it",
};

const OWN_FIELDS = [
  "_id",
  "name",
  "enabled",
  "description",
  "owner",
  "labels",
  "run_on",
  "where",
  "overlap",
  "jitter_sec",
  "catch_up",
  "catch_up_window_sec",
  "catch_up_max",
  "on_agent_loss",
  "run_timeout_sec",
  "tests",
] as const;

const JOB_FIELDS = [...OWN_FIELDS, ...SCHEDULE_FIELDS, ...WORK_FIELDS, ...namesOf(UNSUPPORTED_FIELDS)];
type JobFields = Fields<(typeof JOB_FIELDS)[number]>;

const sharedLabels = createShareEqual<Job["labels"]>();
const sharedSchedule = createShareEqual<ScheduleSpec>();

/**
 * Reads a job document as `jobs` holds it, in plain values (json.ts). Never throws: all that is wrong with it is named,
 * and it stops only this job. Semantics of the original FleetCron hold.
 */
export function parseJob(document: unknown, id: JobId): Parsed<Job> {
  const findings = new Findings(JOB_BORDER);
  if (document === null || document === undefined) {
    findings.error("", "must be an object, got nothing");
    return findings.conclude<Job>(undefined);
  }
  const fields = openObject({ path: "", value: document, notes: findings }, JOB_FIELDS);
  return findings.conclude(fields === undefined ? undefined : readJob(fields, id));
}

function readJob(fields: JobFields, id: JobId): Job {
  refuseUnsupported(fields, UNSUPPORTED_FIELDS);
  const runTimeoutMs = readSecondsOr(fields("run_timeout_sec"), 1, RUN_TIMEOUT_SEC_MAX, RUN_TIMEOUT_SEC_DEFAULT);
  return {
    id,
    name: readName(fields("name"), id),
    // Not said is off, so that a half-written document does nothing.
    enabled: readFlag(fields("enabled")) ?? false,
    description: readText(fields("description")) ?? "",
    owner: readText(fields("owner")) ?? "",
    labels: sharedLabels(readMap(fields("labels"), (entry) => readText(entry)) ?? {}),
    schedule: sharedSchedule(readSchedule(fields, fields("enabled").value === true)),
    runOn: readChoice<RunOn>(fields("run_on"), ["leader", "all", "any"]) ?? "leader",
    where: readWhere(fields("where")),
    overlap: readChoice<Overlap>(fields("overlap"), ["skip", "queue", "replace", "allow"]) ?? "skip",
    jitterMs: readSecondsOr(fields("jitter_sec"), 0, JITTER_SEC_MAX, 0),
    catchUp: readChoice<CatchUp>(fields("catch_up"), ["last", "all", "none"]) ?? "last",
    catchUpWindowMs: readSecondsOr(
      fields("catch_up_window_sec"),
      0,
      CATCH_UP_WINDOW_SEC_MAX,
      CATCH_UP_WINDOW_SEC_DEFAULT,
    ),
    catchUpMax:
      readNumber(fields("catch_up_max"), { min: 1, max: CATCH_UP_MAX_LIMIT, whole: true }) ?? CATCH_UP_MAX_DEFAULT,
    onAgentLoss: readChoice<OnAgentLoss>(fields("on_agent_loss"), ["resume", "fail"]) ?? "resume",
    runTimeoutMs,
    ...readWork(fields, runTimeoutMs),
  };
}

function readName(field: Field, id: JobId): string {
  if (isAbsent(field)) field.notes.warn(field.path, "is missing; the id is used as name");
  return readFilledText(field) ?? id;
}

function readSecondsOr(field: Field, minSec: number, maxSec: number, defaultSec: number): number {
  return readSeconds(field, minSec, maxSec) ?? defaultSec * 1_000;
}
