import type { Occurrence } from "../model/occurrence.ts";
import type { Leader } from "../model/member.ts";
import { DAY_MS, type EpochMs } from "../model/time.ts";
import type { RunHistory, RunRecord } from "../ports/run-history.ts";
import { type JobReads, type JobRow, readJobTable } from "./job-rows.ts";
import { type MachineReads, type MachineRow, readMachineTable } from "./machine-rows.ts";

/** How many runs and occurrences the status names. */
const NAMED_MAX = 5;

export interface FleetStatus {
  readonly now: EpochMs;
  readonly zone: string;
  /** False before the first agent. */
  readonly isFounded: boolean;
  readonly leader: Leader & { readonly hostname: string | undefined; readonly isAlive: boolean };
  readonly machines: readonly MachineRow[];
  readonly jobs: {
    readonly enabled: number;
    readonly paused: number;
    readonly disabled: number;
    readonly invalid: readonly JobRow[];
  };
  readonly live: readonly RunRecord[];
  /** Of the last 24 hours. */
  readonly failed: readonly RunRecord[];
  readonly missed: readonly RunRecord[];
  readonly upcoming: readonly { readonly job: JobRow; readonly occurrence: Occurrence }[];
}

/** What one has to know about the fleet at a glance. */
export async function readFleetStatus(
  reads: JobReads & MachineReads & { readonly runs: RunHistory },
): Promise<FleetStatus> {
  const [jobs, machines, zone] = await Promise.all([
    readJobTable(reads),
    readMachineTable(reads),
    reads.fleetZone.read(),
  ]);
  const since = (jobs.now - DAY_MS) as EpochMs;
  const recent = { jobId: undefined, since, limit: NAMED_MAX };
  const [live, failed, missed] = await Promise.all([
    reads.runs.list({ ...recent, since: undefined, statuses: ["running", "waiting"] }),
    reads.runs.list({ ...recent, statuses: ["error", "unknown", "interrupted"] }),
    reads.runs.list({ ...recent, statuses: ["missed"] }),
  ]);
  const { leader } = machines;
  return {
    now: jobs.now,
    zone,
    isFounded: machines.settings !== undefined,
    leader: {
      ...leader,
      hostname: machines.rows.find((it) => it.machineId === leader.machineId)?.hostname,
      isAlive: machines.isLeaderAlive,
    },
    machines: machines.rows,
    jobs: {
      enabled: jobs.rows.filter((it) => it.standing === "enabled").length,
      paused: jobs.rows.filter((it) => it.standing === "paused").length,
      disabled: jobs.rows.filter((it) => it.standing === "disabled").length,
      invalid: jobs.rows.filter((it) => it.standing === "invalid"),
    },
    live,
    failed,
    missed,
    upcoming: soonest(jobs.rows),
  };
}

function soonest(rows: readonly JobRow[]): FleetStatus["upcoming"] {
  return rows
    .flatMap((job) => (job.next === undefined ? [] : [{ job, occurrence: job.next }]))
    .toSorted((a, b) => a.occurrence.scheduledFor - b.occurrence.scheduledFor)
    .slice(0, NAMED_MAX);
}
