import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { isoSeconds, type EpochMs } from "../../model/time.ts";
import { parseInstant } from "../../query/instant.ts";
import { readMachineTable } from "../../query/machine-rows.ts";
import { askedTarget, askOne, type TargetOptions } from "../fleet/ask-agents.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { pickJob } from "../pick-job.ts";
import { visible } from "../print/visible.ts";

export interface PauseOptions extends TargetOptions {
  readonly until?: string;
}

/** `job pause`: nothing of the job is due until a time, or until it is resumed. */
export function jobPause(call: Invocation, name: string, options: PauseOptions): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const [document, fleetZone, { rows, now }] = await Promise.all([
      pickJob(fleet.jobs, name),
      fleet.fleetZone.read(),
      readMachineTable(fleet),
    ]);
    const zone = (document.parsed.ok ? document.parsed.value.schedule.zone : undefined) ?? fleetZone;
    const until = options.until === undefined ? undefined : futureTime(options.until, zone, now);
    const target = askedTarget(options, "leader", rows);
    const end = until === undefined ? {} : { until: isoSeconds(until) };
    const { result } = await askOne(call, fleet, "pause_job", target, { job: document.id, ...end }, rows);
    call.print.thing({ job: document.id, paused_until: until === undefined ? true : isoSeconds(until) }, () =>
      [visible(result), `End it with: fleetcron job resume '${visible(document.name)}'`].join("\n"),
    );
    return EXIT.ok;
  });
}

/** `job resume`: ends a pause at once; nothing in it is made up for. */
export function jobResume(call: Invocation, name: string, options: TargetOptions): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const [document, { rows }] = await Promise.all([pickJob(fleet.jobs, name), readMachineTable(fleet)]);
    const target = askedTarget(options, "leader", rows);
    const { result } = await askOne(call, fleet, "resume_job", target, { job: document.id }, rows);
    call.print.thing({ job: document.id, paused_until: null }, () => visible(result));
    return EXIT.ok;
  });
}

function futureTime(text: string, zone: string, now: EpochMs): EpochMs {
  const at = parseInstant(text, zone);
  if (at === undefined) {
    throw new ExitError(
      EXIT.usage,
      `--until "${visible(text)}" is no time`,
      "Write it as 2026-12-01T09:00, in the zone of the job unless it has an offset, or as 2026-12-01.",
    );
  }
  if (at <= now) throw new ExitError(EXIT.usage, `--until "${visible(text)}" is over already`);
  return at;
}
