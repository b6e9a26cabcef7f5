import { EXIT, type ExitCode } from "../../model/errors.ts";
import { isoSeconds } from "../../model/time.ts";
import { type JobRow, type JobTable, readJobTable } from "../../query/job-rows.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { problemLine } from "../problems.ts";
import { statusTone } from "../run/run-tone.ts";
import type { Paint } from "../print/paint.ts";
import type { Column, Fields } from "../print/printer.ts";
import { readableLocal, relativeTime } from "../print/times.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";

const FIELDS: Fields<JobRow> = {
  id: (row) => row.id,
  name: (row) => row.name,
  standing: (row) => row.standing,
  schedule: (row) => row.schedule,
  tz: (row) => row.zone,
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
    const table = await readJobTable(fleet);
    const { print } = call;
    print.list(table.rows, {
      fields: FIELDS,
      columns: columns(table, print.paint),
      empty: "There are no jobs. Add one: fleetcron job apply FILE",
    });
    if (print.format === "table") describeProblems(call, table.rows);
    return EXIT.ok;
  });
}

function columns({ now }: JobTable, paint: Paint): readonly Column<JobRow>[] {
  return [
    { title: "NAME", cell: (row) => cellText(row.name) },
    { title: "STATE", cell: (row) => paint(STANDING_TONE[row.standing], row.standing) },
    { title: "SCHEDULE", cell: (row) => cellText(row.schedule) },
    { title: "ZONE", cell: (row) => visible(row.zone) },
    { title: "NEXT", cell: (row) => nextCell(row, now) },
    { title: "LAST", cell: (row) => lastCell(row, now, paint) },
  ];
}

const STANDING_TONE = { enabled: "good", disabled: "quiet", invalid: "bad" } as const;

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
