import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import type { RunStatus } from "../../model/run.ts";
import type { EpochMs } from "../../model/time.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { parseDuration } from "../../query/duration.ts";
import { machineNames } from "../../query/machine-names.ts";
import { parseInstant } from "../../query/instant.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { pickJob } from "../pick-job.ts";
import type { Paint } from "../print/paint.ts";
import type { Column } from "../print/printer.ts";
import { readableLocal, relativeTime } from "../../query/times.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";
import { latenessMs, lengthMs, RUN_FIELDS } from "./run-fields.ts";
import { statusTone } from "./run-tone.ts";

export interface RunListOptions {
  readonly job?: string;
  readonly status: readonly RunStatus[];
  readonly since?: string;
  readonly limit: number;
}

/** `run list`: what ran, was missed or skipped, latest first. */
export function runList(call: Invocation, options: RunListOptions): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const now = await fleet.serverTime.now();
    const runs = await fleet.runs.list({
      jobId: options.job === undefined ? undefined : (await pickJob(fleet.jobs, options.job)).id,
      statuses: options.status,
      since: await sinceOf(options, fleet, now),
      limit: options.limit,
    });
    await printRuns(call, fleet, runs, now);
    return EXIT.ok;
  });
}

/** Prints runs the way `run list` does. */
export async function printRuns(
  call: Invocation,
  fleet: Pick<Fleet, "machines">,
  runs: readonly RunRecord[],
  now: EpochMs,
): Promise<void> {
  const hosts = await readHosts(fleet);
  call.print.list(runs, {
    fields: { ...RUN_FIELDS, hostname: (run) => hostOf(run, hosts)?.hostname ?? null },
    columns: runColumns(call.print.paint, hosts, now),
    empty: "No runs match.",
  });
}

/** A machine for people; `name` tells it apart from the others, where its hostname does not. */
export interface Host {
  readonly hostname: string;
  readonly name: string;
}

/** By machine id. */
export async function readHosts(fleet: Pick<Fleet, "machines">): Promise<ReadonlyMap<string, Host>> {
  const machines = await fleet.machines.readAll();
  const names = machineNames(machines);
  return new Map(
    machines.map(({ machineId, hostname }) => [machineId, { hostname, name: names.get(machineId) ?? hostname }]),
  );
}

/** Where a run was, as far as it is known. */
export function hostOf({ machineId }: RunRecord, hosts: ReadonlyMap<string, Host>): Host | undefined {
  if (machineId === undefined) return undefined;
  return hosts.get(machineId) ?? { hostname: machineId, name: machineId };
}

/** The columns of lists of runs. */
export function runColumns(paint: Paint, hosts: ReadonlyMap<string, Host>, now: EpochMs): readonly Column<RunRecord>[] {
  return [
    {
      title: "SCHEDULED FOR",
      cell: (run) => visible(`${readableLocal(run.local)} (${relativeTime(run.scheduledFor, now)})`),
    },
    { title: "JOB", cell: (run) => cellText(run.jobName) },
    { title: "STATUS", cell: (run) => paint(statusTone(run.status), run.status) },
    { title: "LATE", cell: (run) => lengthCell(latenessMs(run)) },
    { title: "TOOK", cell: (run) => lengthCell(lengthMs(run)) },
    { title: "ON", cell: (run) => visible(hostOf(run, hosts)?.name ?? "-") },
    { title: "REASON", cell: (run) => cellText(reasonOf(run)) },
    { title: "ID", cell: (run) => visible(run.id) },
  ];
}

function lengthCell(ms: number | undefined): string {
  return ms === undefined ? "-" : exactLength(ms);
}

function reasonOf({ reason, stretch }: RunRecord): string {
  const count = stretch === undefined ? "" : `${stretch.count} times in a row: `;
  return `${count}${reason ?? ""}`;
}

async function sinceOf({ since }: RunListOptions, fleet: Fleet, now: EpochMs): Promise<EpochMs | undefined> {
  if (since === undefined) return undefined;
  const durationMs = parseDuration(since);
  if (durationMs !== undefined) return (now - durationMs) as EpochMs;
  const at = parseInstant(since, await fleet.fleetZone.read());
  if (at !== undefined) return at;
  throw new ExitError(
    EXIT.usage,
    `--since "${visible(since)}" is no time`,
    "Write it as 90s, 15m, 2h or 3d, or as 2026-03-28T00:00:00Z, or as 2026-03-28 in the zone of the fleet.",
  );
}
