import type { Job, JobId } from "../model/job.ts";
import type { JsonValue } from "../model/json.ts";
import type { GivenAnswer, GivenSituation } from "../model/job-test.ts";
import { jsonText } from "../model/json-text.ts";
import type { EpochMs } from "../model/time.ts";
import { isAbsent, openList, openObject, type Field, type Fields } from "./field.ts";
import { ZONE_DEFAULT } from "./fleet-fields.ts";
import { readHttpDefaults } from "./http-default-fields.ts";
import { readInstant } from "./instant.ts";
import { parseJob } from "./job.ts";
import { readLiteralJson } from "./json-value.ts";
import { readNumber, readSeconds } from "./numbers.ts";
import { ObjectIdHex } from "./object-id-hex.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { readChoice, readFilledText, readMap, readText } from "./read-values.ts";
import { isSecretName } from "../expression/template.ts";
import { readHttpMethod } from "./http-method.ts";
import { readZone } from "./zone-field.ts";

const JOBS_MAX = 100;
const ANSWERS_MAX = 10_000;
const TIMES_MAX = 1_000_000;
const DELAY_SEC_MAX = 30 * 86_400;
const CANCEL_AFTER_SEC_MAX = 30 * 86_400;
/** When nothing is said: a Thursday at midnight. */
const SCHEDULED_FOR_DEFAULT = Date.UTC(2026, 0, 1) as EpochMs;
const HOSTNAME_DEFAULT = "test-machine";

const GIVEN_FIELDS = [
  "secrets",
  "vars",
  "scheduled_for",
  "tz",
  "hostname",
  "http_defaults",
  "cancel_after_sec",
  "jobs",
  "answers",
] as const;
const ANSWER_FIELDS = [
  "method",
  "url",
  "step",
  "times",
  "status",
  "headers",
  "json",
  "body",
  "delay_sec",
  "failure",
] as const;
type AnswerFields = Fields<(typeof ANSWER_FIELDS)[number]>;

/** `given` of a test. */
export function readGiven(field: Field): GivenSituation | undefined {
  const fields = openObject(field, GIVEN_FIELDS);
  if (fields === undefined) return undefined;
  return {
    secrets: readSecrets(fields("secrets")),
    vars: readMap<JsonValue>(fields("vars"), readLiteralJson) ?? {},
    scheduledFor: readInstant(fields("scheduled_for")) ?? SCHEDULED_FOR_DEFAULT,
    zone: readZone(fields("tz")) ?? ZONE_DEFAULT,
    hostname: readFilledText(fields("hostname")) ?? HOSTNAME_DEFAULT,
    httpDefaults: readHttpDefaults(fields("http_defaults")),
    cancelAfterMs: readSeconds(fields("cancel_after_sec"), 0, CANCEL_AFTER_SEC_MAX),
    jobs: openList(fields("jobs"), JOBS_MAX)?.flatMap((it) => readJob(it) ?? []) ?? [],
    answers: openList(fields("answers"), ANSWERS_MAX)?.flatMap((it) => readAnswer(it) ?? []) ?? [],
  };
}

function readSecrets(field: Field): ReadonlyMap<string, string> {
  const secrets = readMap(field, (entry, name) => {
    if (!isSecretName(name)) {
      entry.notes.error(entry.path, "is not a secret name; use letters, digits and _, and no digit first");
    }
    if (typeof entry.value === "string") return entry.value;
    entry.notes.error(entry.path, "must be a text: the value that the secret has in this test");
    return undefined;
  });
  return new Map(Object.entries(secrets ?? {}));
}

function readJob(field: Field): Job | undefined {
  const { value, path, notes } = field;
  const id = isPlainObject(value) ? plainId(ownValue(value, "_id") ?? ownValue(value, "name")) : "";
  const parsed = parseJob(value, id as JobId);
  for (const it of parsed.ok ? parsed.warnings : parsed.problems) {
    notes[it.severity === "error" ? "error" : "warn"](`${path}${it.path}`, it.message);
  }
  return parsed.ok ? parsed.value : undefined;
}

function plainId(id: unknown): string {
  if (id instanceof ObjectIdHex) return id.hex;
  return typeof id === "string" || typeof id === "number" || typeof id === "bigint" ? String(id) : "";
}

function readAnswer(field: Field): GivenAnswer | undefined {
  if (isAbsent(field)) {
    field.notes.error(field.path, "must be an object that says what is answered");
    return undefined;
  }
  const fields = openObject(field, ANSWER_FIELDS);
  if (fields === undefined) return undefined;
  return {
    to: {
      method: readHttpMethod(fields("method")),
      url: readFilledText(fields("url")),
      step: readFilledText(fields("step")),
    },
    times: readTimes(fields("times")),
    delayMs: readSeconds(fields("delay_sec"), 0, DELAY_SEC_MAX) ?? 0,
    outcome: readOutcome(fields, field),
  };
}

function readTimes(field: Field): number {
  if (field.value === "any") return Number.POSITIVE_INFINITY;
  if (typeof field.value === "string") {
    field.notes.error(field.path, 'must be a whole number, or "any"');
    return 1;
  }
  return readNumber(field, { min: 1, max: TIMES_MAX, whole: true }) ?? 1;
}

function readOutcome(fields: AnswerFields, answer: Field): GivenAnswer["outcome"] {
  const cause = readChoice(fields("failure"), ["timeout", "network"]);
  const said = (["status", "headers", "json", "body"] as const).filter((name) => fields(name).value !== undefined);
  if (!isAbsent(fields("failure"))) {
    if (said.length > 0)
      answer.notes.error(pointerTo(answer.path, said[0] ?? ""), "stands beside failure, where nothing is answered");
    return { kind: "failure", cause: cause ?? "network" };
  }
  if (said.includes("json") && said.includes("body")) {
    answer.notes.error(fields("body").path, "stands beside json; keep one of the two");
  }
  const json = readLiteralJson(fields("json"));
  return {
    kind: "response",
    status: readNumber(fields("status"), { min: 200, max: 599, whole: true }) ?? 200,
    headers: readAnswerHeaders(fields("headers"), json !== undefined),
    body: json === undefined ? (readText(fields("body")) ?? "") : jsonText(json),
  };
}

function readAnswerHeaders(field: Field, isJson: boolean): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  if (isJson) headers["content-type"] = "application/json";
  for (const [name, value] of Object.entries(readMap(field, (entry) => readText(entry)) ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
