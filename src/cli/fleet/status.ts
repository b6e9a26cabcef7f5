import { EXIT, type ExitCode } from "../../model/errors.ts";
import { isoSeconds } from "../../model/time.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { type FleetStatus, readFleetStatus } from "../../query/fleet-status.ts";
import type { JobRow } from "../../query/job-rows.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import type { Paint } from "../print/paint.ts";
import { type Printer, recordOf } from "../print/printer.ts";
import { textTable } from "../print/table.ts";
import { readableLocal, relativeTime } from "../../query/times.ts";
import { visible } from "../print/visible.ts";
import { problemLine } from "../problems.ts";
import { RUN_FIELDS } from "../run/run-fields.ts";
import { statusTone } from "../run/run-tone.ts";
import { machineColumns } from "./machine-list.ts";

/** `status`: the fleet at a glance. */
export function showStatus(call: Invocation): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const status = await readFleetStatus(fleet);
    call.print.thing(statusRecord(status), () => statusText(status, call.print.paint));
    return EXIT.ok;
  });
}

function statusRecord(status: FleetStatus): Parameters<Printer["thing"]>[0] {
  const { leader, machines, jobs } = status;
  const count = (states: readonly string[]) => machines.filter((it) => states.includes(it.state)).length;
  return {
    now: isoSeconds(status.now),
    tz: status.zone,
    leader: {
      alive: leader.isAlive,
      serial: leader.serial,
      machine_id: leader.machineId,
      hostname: leader.hostname ?? null,
      term: leader.term,
    },
    machines: {
      total: machines.length,
      active: count(["active"]),
      lost: count(["lost", "silent"]),
      stopped: count(["stopped"]),
    },
    jobs: { enabled: jobs.enabled, paused: jobs.paused, disabled: jobs.disabled, invalid: jobs.invalid.length },
    invalid_jobs: jobs.invalid.map(({ id, name, problems }) => ({
      id,
      name,
      problems: problems.map((it) => ({ ...it })),
    })),
    live: status.live.map((run) => recordOf(run, RUN_FIELDS)),
    failed: status.failed.map((run) => recordOf(run, RUN_FIELDS)),
    missed: status.missed.map((run) => recordOf(run, RUN_FIELDS)),
    next: status.upcoming.map(({ job, occurrence }) => ({
      job: job.name,
      scheduled_for: isoSeconds(occurrence.scheduledFor),
      local: occurrence.local,
    })),
  };
}

function statusText(status: FleetStatus, paint: Paint): string {
  const { now, jobs } = status;
  const title = (text: string) => paint("quiet", text);
  const sections = [
    `${title("LEADER")}  ${leaderWords(status, paint)}`,
    section(title("MACHINES"), machineLines(status, paint)),
    [`${title("JOBS")}  ${jobWords(status, paint)}`, ...jobs.invalid.flatMap(invalidLines)].join("\n"),
    section(
      title("RUNNING"),
      status.live.map((run) => runLine(run, status, paint)),
    ),
    section(
      title("FAILED in the last 24 h"),
      status.failed.map((run) => runLine(run, status, paint)),
    ),
    section(
      title("MISSED in the last 24 h"),
      status.missed.map((run) => runLine(run, status, paint)),
    ),
    section(
      title("NEXT"),
      status.upcoming.map(({ job, occurrence }) => {
        return `${relativeTime(occurrence.scheduledFor, now)}  ${visible(job.name)}  ${readableLocal(occurrence.local)}`;
      }),
    ),
  ];
  return sections.filter((it) => it !== undefined).join("\n\n");
}

function section(title: string, lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : [title, ...lines.map((line) => `  ${line}`)].join("\n");
}

function leaderWords({ leader, isFounded }: FleetStatus, paint: Paint): string {
  if (!isFounded) return "none: no agent has used this database yet. Start one: fleetcron agent";
  if (leader.session === null) return paint("bad", "none: no agent has led yet");
  const who = visible(leader.hostname ?? leader.machineId ?? "unknown");
  if (!leader.isAlive)
    return paint("bad", `none: the last was ${who} (term ${leader.term}); scheduled jobs wait for an agent`);
  return `${paint("good", who)}, serial ${leader.serial}, term ${leader.term}`;
}

function machineLines({ machines }: FleetStatus, paint: Paint): readonly string[] {
  if (machines.length === 0) return [];
  const columns = machineColumns(paint);
  const rows = machines.map((row) => columns.map((column) => column.cell(row)));
  return textTable(
    columns.map((it) => paint("quiet", it.title)),
    rows,
  )
    .trimEnd()
    .split("\n");
}

function invalidLines({ name, problems }: JobRow): readonly string[] {
  return [`  "${visible(name)}" is invalid:`, ...problems.map((it) => `  ${problemLine(it)}`)];
}

function jobWords({ jobs }: FleetStatus, paint: Paint): string {
  const invalid = jobs.invalid.length;
  return [
    `${jobs.enabled} enabled`,
    ...(jobs.paused === 0 ? [] : [paint("warning", `${jobs.paused} paused`)]),
    `${jobs.disabled} disabled`,
    invalid === 0 ? "none invalid" : paint("bad", `${invalid} invalid`),
  ].join(", ");
}

function runLine(run: RunRecord, { now }: FleetStatus, paint: Paint): string {
  const reason = run.reason === undefined ? "" : `  ${visible(run.reason)}`;
  const when = relativeTime(run.scheduledFor, now);
  return `${paint(statusTone(run.status), run.status)}  ${visible(run.jobName)}  ${when}${reason}`;
}
