import { EXIT, ExitError, type ExitCode } from "../../model/errors.ts";
import type { Job } from "../../model/job.ts";
import type { Occurrence } from "../../model/occurrence.ts";
import { type EpochMs, isoSeconds } from "../../model/time.ts";
import type { JobDocument } from "../../ports/job-source.ts";
import { parseInstant } from "../../query/instant.ts";
import { isKnownZone } from "../../query/known-zone.ts";
import { upcomingOccurrences } from "../../query/upcoming.ts";
import { ZONE_DEFAULT } from "../../schema/fleet-fields.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { pickAmong, pickJob } from "../pick-job.ts";
import type { Fields } from "../print/printer.ts";
import { readableLocal, relativeTime } from "../../query/times.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";
import { readJobFile } from "./job-file.ts";

export interface NextOptions {
  readonly file?: string;
  readonly from?: string;
  readonly count: number;
}

const FIELDS: Fields<Occurrence> = {
  scheduled_for: (it) => isoSeconds(it.scheduledFor),
  local: (it) => it.local,
  note: (it) => it.note,
};

/** `job next`: when a job of the database, or of a file without any database, is due. */
export function jobNext(call: Invocation, name: string | undefined, options: NextOptions): Promise<ExitCode> {
  if (options.file !== undefined) return nextOfFile(call, name, options.file, options);
  if (name === undefined) throw new ExitError(EXIT.usage, "name a job, or a file with --file");
  return withFleet(call, async (fleet) => {
    const [document, zone, now] = await Promise.all([
      pickJob(fleet.jobs, name),
      fleet.fleetZone.read(),
      fleet.serverTime.now(),
    ]);
    return printNext(call, validJob(document), zone, now, options);
  });
}

async function nextOfFile(
  call: Invocation,
  name: string | undefined,
  path: string,
  options: NextOptions,
): Promise<ExitCode> {
  const entries = await readJobFile(call.deps, path);
  const [only] = entries;
  if (name === undefined && (only === undefined || entries.length > 1)) {
    throw new ExitError(EXIT.usage, `${visible(path)} holds ${entries.length} jobs: name the one that is meant`);
  }
  const entry = name === undefined ? only : pickAmong(entries, name);
  if (entry === undefined) return EXIT.notFound;
  const job = validJob(entry);
  const zone = await zoneWithoutDatabase(call, job);
  return printNext(call, job, zone, call.deps.clock.wallNow(), options);
}

function validJob({ name, parsed }: Pick<JobDocument, "name" | "parsed">): Job {
  if (parsed.ok) return parsed.value;
  throw new ProblemsError(EXIT.problems, `job "${visible(name)}" is invalid:`, parsed.problems);
}

/** The zone that the config names; a file can be looked at before there is any config. */
async function zoneWithoutDatabase(call: Invocation, job: Job): Promise<string> {
  const { flags, deps, print } = call;
  if (job.schedule.zone !== undefined) return job.schedule.zone;
  const said = flags.tz ?? deps.env["FLEETCRON_TZ"];
  if (said !== undefined) return knownZone(said);
  try {
    return (await deps.loadConfig(flags)).config.fleet.zone;
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    print.words(`The job names no zone and there is no usable config: taking ${ZONE_DEFAULT}. Say another with --tz.`);
    return ZONE_DEFAULT;
  }
}

function knownZone(name: string): string {
  if (isKnownZone(name)) return name;
  const hint = "Write an IANA name such as Europe/Berlin.";
  throw new ExitError(EXIT.usage, `"${visible(name)}" is no time zone that this machine knows`, hint);
}

function printNext(call: Invocation, job: Job, zone: string, now: EpochMs, options: NextOptions): ExitCode {
  const { print } = call;
  const occurrences = upcomingOccurrences(job, zone, startOf(options, job.schedule.zone ?? zone) ?? now, options.count);
  print.list(occurrences, {
    fields: FIELDS,
    columns: [
      { title: "LOCAL", cell: (it) => readableLocal(it.local) },
      { title: "UTC", cell: (it) => isoSeconds(it.scheduledFor) },
      { title: "WHEN", cell: (it) => relativeTime(it.scheduledFor, now) },
      { title: "NOTE", cell: (it) => it.note ?? "" },
    ],
    empty: `"${visible(job.name)}" is never due again.`,
  });
  if (!job.enabled) print.words(`"${visible(job.name)}" is disabled: it does not run until it is enabled.`);
  return EXIT.ok;
}

function startOf({ from }: NextOptions, zone: string): EpochMs | undefined {
  if (from === undefined) return undefined;
  const at = parseInstant(from, zone);
  if (at !== undefined) return at;
  throw new ExitError(
    EXIT.usage,
    `--from "${visible(from)}" is no time`,
    "Write it as 2026-03-28T00:00:00Z, or as 2026-03-28T00:00 or 2026-03-28 in the zone of the job.",
  );
}
