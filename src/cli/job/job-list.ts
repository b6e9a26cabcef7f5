import { EXIT, type ExitCode } from "../../model/errors.ts";
import { isoSeconds } from "../../model/time.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import { type JobRow, type JobTable, readJobTable } from "../../query/job-rows.ts";
import { type MachineRow, readMachineTable } from "../../query/machine-rows.ts";
import { secretGaps } from "../../query/secret-gaps.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { problemLine } from "../problems.ts";
import { statusTone } from "../run/run-tone.ts";
import type { Paint } from "../print/paint.ts";
import type { Column, Fields } from "../print/printer.ts";
import { readableLocal, readableTime, relativeTime } from "../../query/times.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";
import { createNeededSecrets } from "./needed-secrets.ts";

/** Machines that one warning names. */
const HOSTS_NAMED = 5;

const FIELDS: Fields<JobRow> = {
  id: (row) => row.id,
  name: (row) => row.name,
  standing: (row) => row.standing,
  schedule: (row) => row.schedule,
  tz: (row) => row.zone,
  paused_until: (row) => pausedUntil(row),
  next: (row) => (row.next === undefined ? null : isoSeconds(row.next.scheduledFor)),
  next_local: (row) => row.next?.local ?? null,
  last_status: (row) => row.state?.lastRun?.status ?? null,
  last_end: (row) => (row.state?.lastRun === undefined ? null : isoSeconds(row.state.lastRun.endAt)),
  last_run: (row) => row.state?.lastRun?.id ?? null,
  failures_in_row: (row) => row.state?.failuresInRow ?? 0,
  problems: (row) => row.problems.map((it) => ({ ...it })),
};

/** `job list`: every job, the invalid ones with what is wrong. */
export function jobList(call: Invocation): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const [table, { rows: machines }, documents] = await Promise.all([
      readJobTable(fleet),
      readMachineTable(fleet),
      fleet.jobs.readAll(),
    ]);
    const { print } = call;
    print.list(table.rows, {
      fields: FIELDS,
      columns: columns(table, print.paint),
      empty: "There are no jobs. Add one: fleetcron job apply FILE",
    });
    if (print.format === "table") {
      describeProblems(call, table.rows);
      warnOfSecrets(call, documents, machines);
    }
    return EXIT.ok;
  });
}

function columns({ now }: JobTable, paint: Paint): readonly Column<JobRow>[] {
  return [
    { title: "NAME", cell: (row) => cellText(row.name) },
    { title: "STATE", cell: (row) => standingCell(row, paint) },
    { title: "SCHEDULE", cell: (row) => cellText(row.schedule) },
    { title: "ZONE", cell: (row) => visible(row.zone) },
    { title: "NEXT", cell: (row) => nextCell(row, now) },
    { title: "LAST", cell: (row) => lastCell(row, now, paint) },
  ];
}

/** As `job_state` has it: a time, or true for no end; null while the job is not paused. */
export function pausedUntil({ standing, state }: JobRow): string | true | null {
  if (standing !== "paused") return null;
  return state?.pause?.until === undefined ? true : isoSeconds(state.pause.until);
}

export function standingCell(row: JobRow, paint: Paint): string {
  return paint(STANDING_TONE[row.standing], row.standing === "paused" ? pauseWords(row) : row.standing);
}

function pauseWords({ state, zone }: JobRow): string {
  const { until, isUnreadable } = state?.pause ?? {};
  if (until !== undefined) return `paused until ${readableTime(until, zone)}`;
  return isUnreadable === true ? "paused without end: its paused_until is no date" : "paused";
}

const STANDING_TONE = { enabled: "good", paused: "warning", disabled: "quiet", invalid: "bad" } as const;

function nextCell({ next, standing }: JobRow, now: JobTable["now"]): string {
  if (next !== undefined) return `${readableLocal(next.local)} (${relativeTime(next.scheduledFor, now)})`;
  return standing === "enabled" ? "never" : "-";
}

function lastCell({ state }: JobRow, now: JobTable["now"], paint: Paint): string {
  if (state?.lastRun === undefined) return "-";
  const { status, endAt } = state.lastRun;
  const times = state.failuresInRow > 1 ? `, ${state.failuresInRow} in a row` : "";
  return paint(statusTone(status), `${status} (${relativeTime(endAt, now)}${times})`);
}

function describeProblems(call: Invocation, rows: readonly JobRow[]): void {
  for (const row of rows) {
    if (row.problems.length === 0) continue;
    const verdict = row.standing === "invalid" ? "is invalid and does not run" : "has warnings";
    call.print.words(
      [`\n"${visible(row.name)}" (${visible(row.id)}) ${verdict}:`, ...row.problems.map(problemLine)].join("\n"),
    );
  }
}

/** What would fail on a machine for want of a secret is said before it does. */
function warnOfSecrets(call: Invocation, documents: readonly JobDocument[], machines: readonly MachineRow[]): void {
  const neededBy = createNeededSecrets(documents);
  const lines = documents.flatMap(({ name, parsed }) => {
    if (!parsed.ok || !parsed.value.enabled) return [];
    return secretGaps(neededBy(parsed.value), parsed.value.where, machines).map(({ secret, names }) => {
      const named = names.slice(0, HOSTS_NAMED).map(visible).join(", ");
      const others = names.length > HOSTS_NAMED ? ` and ${names.length - HOSTS_NAMED} more` : "";
      return `"${visible(name)}" names the secret ${visible(secret)}, which ${named}${others} lack${names.length === 1 ? "s" : ""}`;
    });
  });
  if (lines.length === 0) return;
  const remedy = 'Add them to "secrets" in the config of these machines, or keep the jobs away from them with "where".';
  call.print.words(["", ...lines, remedy].join("\n"));
}
