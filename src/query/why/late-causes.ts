import { saysNobodyFits } from "../../membership/eligible.ts";
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
      readonly name: string;
      readonly next: { readonly name: string; readonly at: EpochMs } | undefined;
    }
  /** From the last renewal of the last agent until the next joined, as far as events tell. */
  | { readonly kind: "nobody_alive"; readonly since: EpochMs | undefined; readonly until: EpochMs | undefined }
  /** Of a job that runs on all machines: the one whose run it is was not there. */
  | { readonly kind: "machine_off" }
  | { readonly kind: "fenced"; readonly names: readonly string[] }
  /** Of a job that runs on any machine: the one whose turn it was left it to the leader. */
  | { readonly kind: "swept" }
  /** Nobody could begin it, which the leader records only when the time of whose turn it is has passed. */
  | { readonly kind: "nobody_fits" }
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
    const swept = sweptCause(record, job);
    causes.push(...(seen.length === 0 && swept !== undefined ? [swept] : seen));
  }
  const waitedMs = startAt - Math.max(claimedAt, mayStartAt);
  if (waitedMs >= WAIT_MS_MIN) {
    const forEarlier = job?.overlap !== undefined && job.overlap !== "skip" && job.overlap !== "allow";
    causes.push({ kind: "waited", ms: waitedMs, forEarlier });
  }
  return { ms, isLate: ms >= LATE_MS_MIN, causes };
}

/** Why nobody looked at it before the leader did, by design. */
function sweptCause({ status, reason }: RunRecord, job: Pick<Job, "runOn"> | undefined): LateCause | undefined {
  const isNobodys = status === "missed" && reason !== undefined && saysNobodyFits(reason) !== undefined;
  if (isNobodys) return { kind: "nobody_fits" };
  return job?.runOn === "any" ? { kind: "swept" } : undefined;
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
  const nobody = hasEvidence ? nobodyAlive(machines) : undefined;
  if (nobody !== undefined) causes.push(nobody);
  else if (scope !== undefined) {
    // Each machine plans its own runs, whoever leads.
    const own = machines.find((it) => it.machineId === scope);
    if (own?.presence === "off" || own?.presence === "silent") causes.push({ kind: "machine_off" });
  } else if (leader !== undefined && isGoneBy(claimedAt, leader, machines))
    causes.push({ kind: "no_leader", name: leader.name, next: leader.next });
  const fenced = machines.filter((it) => it.isFenced).map((it) => it.name);
  if (fenced.length > 0) causes.push({ kind: "fenced", names: fenced });
  return causes;
}

function nobodyAlive(machines: FleetThen["machines"]): LateCause | undefined {
  const joined = machines.filter((it) => it.presence !== "not_joined");
  if (joined.length === 0 || !joined.every((it) => it.presence === "off" || it.presence === "silent")) return undefined;
  const ends = joined.map((it) => it.silentSince ?? (it.presence === "off" ? it.turnedAt : undefined));
  const known = ends.filter((it) => it !== undefined);
  const back = machines.flatMap((it) => it.joinedNext ?? []);
  return {
    kind: "nobody_alive",
    since: known.length < ends.length ? undefined : (Math.max(...known) as EpochMs),
    until: back.length === 0 ? undefined : (Math.min(...back) as EpochMs),
  };
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
