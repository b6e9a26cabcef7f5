import { isoSeconds, type EpochMs } from "../model/time.ts";
import type { RunRecord } from "../ports/run-history.ts";
import { ATTEMPTS_MAX } from "./demo-jobs.ts";
import type { Delivery } from "./demo-target.ts";

/** What the demo must hold, and what was seen. */
export interface Evidence {
  /** The minutes at which every job was due. */
  readonly minutes: readonly EpochMs[];
  /** Machine id to the name that the demo gave its agent. */
  readonly agents: ReadonlyMap<string, string>;
  readonly records: readonly RunRecord[];
  readonly deliveries: readonly Delivery[];
}

export interface Summary {
  readonly lines: readonly string[];
  /** Empty when everything held. */
  readonly violations: readonly string[];
}

const ONCE_JOBS = ["order-sync", "broken-report"];
const EVERYWHERE_JOBS = ["health-check"];
const INVALID_JOB = "typo";

/** Holds the records and the deliveries against what was due: each occurrence once, no attempt twice, none too many. */
export function summarise(evidence: Evidence): Summary {
  const lines: string[] = [];
  const violations: string[] = [];
  for (const minute of evidence.minutes) {
    for (const job of ONCE_JOBS) checkOccurrence(evidence, job, minute, undefined, lines, violations);
    for (const job of EVERYWHERE_JOBS) {
      for (const machine of evidence.agents.keys()) checkOccurrence(evidence, job, minute, machine, lines, violations);
    }
  }
  const ofTypo = evidence.deliveries.filter((it) => it.job === INVALID_JOB).length;
  lines.push(`${INVALID_JOB.padEnd(28)} never: its document is invalid, and it stopped no other job`);
  if (ofTypo > 0) violations.push(`${INVALID_JOB}: sent ${ofTypo} requests, though its document is invalid`);
  violations.push(...deliveryViolations(evidence.deliveries));
  return { lines, violations };
}

function checkOccurrence(
  { records, agents }: Evidence,
  job: string,
  minute: EpochMs,
  machine: string | undefined,
  lines: string[],
  violations: string[],
): void {
  const where = machine === undefined ? "" : ` on ${agents.get(machine) ?? machine}`;
  const what = `${isoSeconds(minute).slice(11, 16)} ${job}${where}`;
  const found = records.filter((it) => it.jobName === job && it.scheduledFor === minute && it.scope === machine);
  const [record] = found;
  if (record === undefined || found.length > 1) {
    violations.push(`${what}: ${found.length} records instead of one`);
    return;
  }
  const by = agents.get(record.machineId ?? "") ?? "nobody";
  const handed =
    record.takeovers > 0 ? `, taken over ${record.takeovers === 1 ? "once" : `${record.takeovers} times`}` : "";
  const attempts = record.steps.map((it) => it.attempts).join("+");
  lines.push(`${what.padEnd(28)} once, by agent ${by}: ${record.status} (attempts per step ${attempts}${handed})`);
  const expected = job === "broken-report" ? "error" : "ok";
  if (record.status !== expected)
    violations.push(`${what}: ended as ${record.status}, not ${expected}: ${record.reason ?? ""}`);
}

function deliveryViolations(deliveries: readonly Delivery[]): string[] {
  const violations: string[] = [];
  const attempts = new Map<string, Delivery[]>();
  for (const it of deliveries) {
    const step = `${it.job} ${it.idempotencyKey}`;
    attempts.set(step, [...(attempts.get(step) ?? []), it]);
  }
  for (const [step, sent] of attempts) {
    if (new Set(sent.map((it) => it.attempt)).size < sent.length) violations.push(`${step}: an attempt arrived twice`);
    if (sent.length > ATTEMPTS_MAX) violations.push(`${step}: ${sent.length} deliveries, more than ${ATTEMPTS_MAX}`);
  }
  return violations;
}
