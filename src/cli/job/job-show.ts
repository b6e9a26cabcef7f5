import type { TlsOptions } from "../../model/auth.ts";
import { EXIT, type ExitCode } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import type { Job } from "../../model/job.ts";
import type { Occurrence } from "../../model/occurrence.ts";
import { type EpochMs, isoSeconds } from "../../model/time.ts";
import type { DocumentValue } from "../../ports/job-editor.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { type JobRow, jobRow } from "../../query/job-rows.ts";
import { readMachineTable } from "../../query/machine-rows.ts";
import { type SecretGap, secretGaps } from "../../query/secret-gaps.ts";
import { comingOccurrences } from "../../query/upcoming.ts";
import { describeRunOn } from "../../query/describe-run-on.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { pickJob } from "../pick-job.ts";
import { factLines, recordOf } from "../print/printer.ts";
import { textTable } from "../print/table.ts";
import { readableLocal, relativeTime } from "../../query/times.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";
import { problemLine } from "../problems.ts";
import { RUN_FIELDS } from "../run/run-fields.ts";
import { actionRows } from "./action-rows.ts";
import { pausedUntil, standingCell } from "./job-list.ts";
import { createNeededSecrets } from "./needed-secrets.ts";

/** How many coming occurrences and past runs are shown. */
const SHOWN = 3;

interface JobView {
  readonly row: JobRow;
  readonly document: JobDocument;
  readonly raw: Readonly<Record<string, DocumentValue>> | undefined;
  readonly upcoming: readonly Occurrence[];
  readonly runs: readonly RunRecord[];
  readonly gaps: readonly SecretGap[];
  readonly now: EpochMs;
}

/** `job show`: one job, what comes next and how it went. */
export function jobShow(call: Invocation, name: string): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const documents = await fleet.jobs.readAll();
    const document = await pickJob({ readAll: async () => documents }, name);
    const view = await readJobView(fleet, document, createNeededSecrets(documents));
    call.print.thing(jobRecord(view), () => jobText(call, view));
    return EXIT.ok;
  });
}

async function readJobView(
  fleet: Fleet,
  document: JobDocument,
  neededBy: (job: Job) => readonly string[],
): Promise<JobView> {
  const { id, parsed } = document;
  const [raw, states, zone, { now, rows: machines }, runs] = await Promise.all([
    fleet.jobEditor.read(id),
    fleet.jobStates.readStates([id]),
    fleet.fleetZone.read(),
    readMachineTable(fleet),
    fleet.runs.list({ jobId: id, statuses: [], since: undefined, limit: SHOWN }),
  ]);
  return {
    row: jobRow(document, states.get(id), zone, now),
    document,
    raw,
    upcoming: parsed.ok ? comingOccurrences(parsed.value, states.get(id)?.pause, zone, now, SHOWN) : [],
    gaps: parsed.ok ? secretGaps(neededBy(parsed.value), parsed.value.where, machines) : [],
    runs,
    now,
  };
}

function jobRecord({ row, raw, upcoming, runs, gaps }: JobView): Parameters<Invocation["print"]["thing"]>[0] {
  return {
    id: row.id,
    name: row.name,
    standing: row.standing,
    paused_until: pausedUntil(row),
    schedule: row.schedule,
    tz: row.zone,
    next: upcoming.map((it) => ({ scheduled_for: isoSeconds(it.scheduledFor), local: it.local, note: it.note })),
    last_success: row.state?.lastSuccessAt === undefined ? null : isoSeconds(row.state.lastSuccessAt),
    failures_in_row: row.state?.failuresInRow ?? 0,
    problems: row.problems.map((it) => ({ ...it })),
    missing_secrets: gaps.map(({ secret, hostnames }) => ({ secret, hostnames })),
    runs: runs.map((run) => recordOf(run, RUN_FIELDS)),
    document: raw ?? null,
  };
}

function jobText(call: Invocation, { row, document, upcoming, runs, gaps, now }: JobView): string {
  const { paint } = call.print;
  const job = document.parsed.ok ? document.parsed.value : undefined;
  const facts = factLines(
    [
      ["id", row.id],
      ["description", job?.description === "" ? undefined : job?.description],
      ["owner", job?.owner === "" ? undefined : job?.owner],
      ["schedule", row.schedule === "" ? undefined : `${row.schedule}  (${row.zone})`],
      ["runs on", job && describeRunOn(job)],
      ["vars", job?.vars && Object.keys(job.vars).join(", ")],
      ["tls", job?.tls && tlsWords(job.tls)],
      [
        "when late",
        job === undefined ? undefined : `catch up ${job.catchUp}, within ${exactLength(job.catchUpWindowMs)}`,
      ],
      [
        "pause",
        row.state?.pause?.isUnreadable === true
          ? `what stands as paused_until in job_state is no date, so it is paused until: fleetcron job resume ${row.name}`
          : undefined,
      ],
      ["last success", row.state?.lastSuccessAt === undefined ? undefined : relativeTime(row.state.lastSuccessAt, now)],
      ["failures", (row.state?.failuresInRow ?? 0) > 0 ? `${row.state?.failuresInRow} in a row` : undefined],
    ],
    paint,
  );
  const sections = [
    section("actions", actionRows(job?.actions ?? [])),
    section("on failure", actionRows(job?.onFailure ?? [])),
    section("finally", actionRows(job?.finally ?? [])),
    section(
      "next",
      upcoming.map((it) => nextCells(it, now)),
    ),
    section("last runs", runs.map(runCells)),
    section(
      "problems",
      row.problems.map((it) => [problemLine(it).trimStart()]),
    ),
    section(
      "missing secrets",
      gaps.map(({ secret, names }) => [visible(secret), `lacking on ${names.map(visible).join(", ")}`]),
    ),
  ];
  const title = `${paint("strong", visible(row.name))}  ${standingCell(row, paint)}`;
  const danger = job?.tls?.insecure === true ? `  ${paint("bad", "accepts any certificate")}` : "";
  return [`${title}${danger}`, facts, ...sections].filter((it) => it !== undefined).join("\n");

  function section(title: string, rows: readonly (readonly string[])[]): string | undefined {
    if (rows.length === 0) return undefined;
    const lines = textTable([], rows).trimEnd().split("\n");
    return `\n${paint("quiet", title)}\n${lines.map((it) => `  ${it}`).join("\n")}`;
  }
}

function tlsWords({ ca, cert }: TlsOptions): string | undefined {
  const words = [ca === undefined ? [] : "a CA of its own", cert === undefined ? [] : "a client certificate"].flat();
  return words.length === 0 ? undefined : words.join(", ");
}

function nextCells({ local, scheduledFor, note }: Occurrence, now: EpochMs): readonly string[] {
  return [readableLocal(local), relativeTime(scheduledFor, now), note ?? ""];
}

function runCells({ status, local, reason, id }: RunRecord): readonly string[] {
  return [readableLocal(local), status, cellText(reason ?? ""), visible(id)];
}
