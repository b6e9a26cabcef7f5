import type { Job } from "../../model/job.ts";
import { type EpochMs, SECOND_MS } from "../../model/time.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import type { FleetThen } from "./fleet-then.ts";
import type { Outage } from "./outages.ts";

/** A run that starts within this after its time is not called late. */
const LATE_MS_MIN = 5 * SECOND_MS;
/** A claimed run that starts within this did not wait. */
const WAIT_MS_MIN = 2 * SECOND_MS;

/** What stands in the evidence beside a run that started late. */
export type LateCause =
  | { readonly kind: "jitter"; readonly ms: number }
  | { readonly kind: "outage"; readonly outages: readonly Outage[] }
  /** Whoever led was gone or silent; `next` led from then on. */
  | {
      readonly kind: "no_leader";
      readonly hostname: string;
      readonly next: { hostname: string; at: EpochMs } | undefined;
    }
  | { readonly kind: "nobody_alive" }
  /** Of a job that runs on all machines: the one whose run it is was not there. */
  | { readonly kind: "machine_off" }
  | { readonly kind: "fenced"; readonly hostnames: readonly string[] }
  /** Of a job that runs on any machine: the one whose turn it was left it to the leader. */
  | { readonly kind: "swept" }
  /** It was claimed and had to wait: for an earlier run of the job, or for a free slot. */
  | { readonly kind: "waited"; readonly ms: number; readonly forEarlier: boolean };

export interface Lateness {
  /** From its time (and its jitter) to its start. */
  readonly ms: number;
  readonly isLate: boolean;
  /** None, though it is late: nothing that is stored tells why. */
  readonly causes: readonly LateCause[];
}

/** How late a run started, or how late it was noticed that there is none, and why; `undefined` before that. */
export function latenessOf(
  record: RunRecord,
  job: Pick<Job, "overlap" | "runOn"> | undefined,
  fleet: FleetThen,
  outages: readonly Outage[],
): Lateness | undefined {
  const { scheduledFor, claimedAt = record.recordedAt ?? scheduledFor, startAt = record.recordedAt } = record;
  if (startAt === undefined) return undefined;
  const mayStartAt = record.dueAt ?? scheduledFor;
  const ms = Math.max(0, startAt - mayStartAt);
  const causes: LateCause[] = [];
  if (mayStartAt > scheduledFor) causes.push({ kind: "jitter", ms: mayStartAt - scheduledFor });
  if (claimedAt - scheduledFor >= LATE_MS_MIN) {
    const seen = claimedLate(record.scope, claimedAt, fleet, outages);
    causes.push(...(seen.length === 0 && job?.runOn === "any" ? [{ kind: "swept" } as const] : seen));
  }
  const waitedMs = startAt - Math.max(claimedAt, mayStartAt);
  if (waitedMs >= WAIT_MS_MIN) {
    const forEarlier = job?.overlap !== undefined && job.overlap !== "skip" && job.overlap !== "allow";
    causes.push({ kind: "waited", ms: waitedMs, forEarlier });
  }
  return { ms, isLate: ms >= LATE_MS_MIN, causes };
}

function claimedLate(
  scope: RunRecord["scope"],
  claimedAt: EpochMs,
  fleet: FleetThen,
  outages: readonly Outage[],
): LateCause[] {
  const causes: LateCause[] = [];
  const during = outages.filter((it) => it.since <= claimedAt);
  if (during.length > 0) causes.push({ kind: "outage", outages: during });
  const { leader, machines, hasEvidence } = fleet;
  const isNobodyAlive = hasEvidence && machines.length > 0 && machines.every((it) => it.presence === "off");
  if (isNobodyAlive) causes.push({ kind: "nobody_alive" });
  else if (scope !== undefined) {
    // Each machine plans its own runs, whoever leads.
    const own = machines.find((it) => it.machineId === scope);
    if (own?.presence === "off" || own?.presence === "silent") causes.push({ kind: "machine_off" });
  } else if (leader !== undefined && isGoneBy(claimedAt, leader, machines))
    causes.push({ kind: "no_leader", hostname: leader.hostname, next: leader.next });
  const fenced = machines.filter((it) => it.isFenced).map((it) => it.hostname);
  if (fenced.length > 0) causes.push({ kind: "fenced", hostnames: fenced });
  return causes;
}

/** It was gone at the minute, or went before the occurrence had its record. */
function isGoneBy(
  claimedAt: EpochMs,
  { machineId, presence }: NonNullable<FleetThen["leader"]>,
  machines: FleetThen["machines"],
): boolean {
  const endedAt = machines.find((it) => it.machineId === machineId)?.turnedAt;
  return presence === "off" || presence === "silent" || (endedAt !== undefined && endedAt <= claimedAt);
}
