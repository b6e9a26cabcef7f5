import { BACKFILL_MAX, type CommandTarget, isForOne } from "../../model/command.ts";
import { type RunLimits, runsAreKnownMs } from "../../model/config.ts";
import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import type { Job } from "../../model/job.ts";
import type { RunId } from "../../model/run.ts";
import { DAY_MS, type EpochMs, isoSeconds } from "../../model/time.ts";
import { type BackfillRow, occurrencesBetween, previewBackfill } from "../../query/backfill-preview.ts";
import { machinesAt } from "../../query/command-answers.ts";
import { followBackfill } from "../../query/follow-backfill.ts";
import { machineNames } from "../../query/machine-names.ts";
import { type MachineRow, readMachineTable } from "../../query/machine-rows.ts";
import { readableLocal } from "../../query/times.ts";
import { parseAskedTime } from "../../query/why/asked-time.ts";
import { askedTarget, sendCommand } from "../fleet/ask-agents.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { pickJob } from "../pick-job.ts";
import { textTable } from "../print/table.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";
import { printRuns } from "../run/run-list.ts";

export interface BackfillOptions {
  readonly from: string;
  readonly to: string;
  readonly max: number;
  /** Who runs it: the leader, or every machine for a job that runs on all. */
  readonly on?: string;
  readonly labels?: string;
  readonly wait?: true;
  readonly timeout: number;
}

/** Occurrences that are looked at for a preview at all. */
const LOOKED_AT_MAX = 10_000;

/** `job backfill`: runs for occurrences that are over and have none, one after the other; shown and confirmed before. */
export function jobBackfill(call: Invocation, name: string, options: BackfillOptions): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const [document, zone, { rows: machines, now }] = await Promise.all([
      pickJob(fleet.jobs, name),
      fleet.fleetZone.read(),
      readMachineTable(fleet),
    ]);
    if (!document.parsed.ok) {
      const summary = `job "${visible(document.name)}" is invalid, so no agent would run it:`;
      throw new ProblemsError(EXIT.problems, summary, document.parsed.problems);
    }
    const job = document.parsed.value;
    const target = targetFor(job, options, machines);
    const range = readRange(options, job.schedule.zone ?? zone, now);
    const rows = await preview(fleet, job, zone, range, target, machines);
    const runs = rows.flatMap((it) => it.run ?? []);
    refuseTooMany(runs.length, options.max);
    sayPreview(call, rows, machines);
    sayOld(call, rows, now, fleet.config.runs);
    const times = [...new Set(rows.flatMap((it) => (it.run === undefined ? [] : [it.occurrence.scheduledFor])))];
    if (runs.length === 0) {
      call.print.thing({ command: null, runs: [] }, () => "There is nothing to make up for");
      return EXIT.ok;
    }
    await makeSure(call, job, runs.length);
    const args = { job: job.id, times: times.map(isoSeconds) };
    const command = await sendCommand(call, fleet, "backfill", target, args);
    if (options.wait) return waitForRuns(call, fleet, { command, target, machines, ids: runs }, options.timeout);
    call.print.thing({ command, runs }, () => {
      const what = runs.length === 1 ? "1 run" : `${runs.length} runs, one after the other`;
      return `Asked for ${what}\nSee them with: fleetcron run list --job '${visible(job.name)}'`;
    });
    return EXIT.ok;
  });
}

function targetFor(job: Job, { on, labels }: BackfillOptions, machines: readonly MachineRow[]): CommandTarget {
  const asked = { ...(on === undefined ? {} : { to: on }), ...(labels === undefined ? {} : { labels }) };
  const target = askedTarget(asked, job.runOn === "all" ? "all" : "leader", machines);
  if (job.runOn === "all" && isForOne(target)) {
    const hint = "Say --on with all, a machine id or a hostname, or --labels.";
    throw new ExitError(EXIT.usage, `"${visible(job.name)}" runs on every machine: say on which it is to run`, hint);
  }
  if (job.runOn !== "all" && (target.kind === "all" || target.kind === "labels"))
    throw new ExitError(
      EXIT.usage,
      `"${visible(job.name)}" runs once in the fleet: say leader or one machine with --on`,
    );
  return target;
}

interface Range {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** A wall time that came twice means both. */
function readRange(options: BackfillOptions, zone: string, now: EpochMs): Range {
  const from = Math.min(...readTime("--from", options.from, zone, now)) as EpochMs;
  const to = Math.max(...readTime("--to", options.to, zone, now)) as EpochMs;
  if (from > to) throw new ExitError(EXIT.usage, "--from is later than --to");
  if (to > now) {
    throw new ExitError(
      EXIT.usage,
      `--to "${visible(options.to)}" lies in the future`,
      "What is not over yet runs by itself; a backfill makes up for what is.",
    );
  }
  return { from, to };
}

function readTime(flag: string, text: string, zone: string, now: EpochMs): readonly EpochMs[] {
  const asked = parseAskedTime(text, zone, now);
  if (asked !== undefined) return asked.moments;
  throw new ExitError(
    EXIT.usage,
    `${flag} "${visible(text)}" is no time`,
    'Write it as 22:20, "yesterday 22:20", 2026-03-28T00:00 or 2026-03-28 in the zone of the job, or with an offset.',
  );
}

async function preview(
  fleet: Fleet,
  job: Job,
  zone: string,
  { from, to }: Range,
  target: CommandTarget,
  machines: readonly MachineRow[],
): Promise<readonly BackfillRow[]> {
  const scopes = job.runOn === "all" ? machinesAt(target, machines).map((it) => it.machineId) : [undefined];
  const most = Math.floor(LOOKED_AT_MAX / Math.max(1, scopes.length));
  const occurrences = occurrencesBetween(job, zone, from, to, most + 1);
  if (occurrences.length > most)
    throw new ExitError(EXIT.usage, `more than ${most} occurrences lie between these times`, "Name a shorter stretch.");
  return previewBackfill(fleet.runs, job, occurrences, scopes);
}

function sayPreview(call: Invocation, rows: readonly BackfillRow[], machines: readonly MachineRow[]): void {
  const names = machineNames(machines);
  const lines = rows
    .filter((it) => it.run !== undefined)
    .map(({ occurrence, machineId, recorded, reason }) => [
      readableLocal(occurrence.local),
      ...(machineId === undefined ? [] : [visible(names.get(machineId) ?? machineId)]),
      reason === undefined ? recorded : `${recorded}: ${visible(reason)}`,
    ]);
  const have = rows.filter((it) => it.recorded === "ran").length;
  const before = rows.length - have - lines.length;
  const leftOut = [
    ...(have === 0 ? [] : [`${have} with a run`]),
    ...(before === 0 ? [] : [`${before} made up for before`]),
  ];
  if (lines.length > 0) call.print.words(`To be run:\n${textTable([], lines).trimEnd()}`);
  if (leftOut.length > 0) call.print.words(`Left out: ${leftOut.join(", ")}`);
}

/** The agents judge by their own config, which may say something else than the one here. */
function sayOld(call: Invocation, rows: readonly BackfillRow[], now: EpochMs, limits: RunLimits): void {
  const knownMs = runsAreKnownMs(limits);
  const old = rows.filter((it) => it.run !== undefined && now - it.occurrence.scheduledFor >= knownMs);
  if (old.length === 0) return;
  const days = `${Number((knownMs / DAY_MS).toFixed(1))} days`;
  call.print.words(
    [
      `${old.length} of these ${old.length === 1 ? "is" : "are"} over ${days} old, and the records of runs are kept that long by the config here`,
      "(runs.keep_ok_days, runs.keep_failed_days; 7 days by default). Agents whose config says the same leave them out,",
      "because the record of a run that they had may be gone.",
    ].join("\n"),
  );
}

function refuseTooMany(count: number, max: number): void {
  if (count <= max) return;
  const hint =
    count <= BACKFILL_MAX
      ? `Say --max ${count} to mean it, or name a shorter stretch.`
      : `At most ${BACKFILL_MAX} at a time: name a shorter stretch.`;
  throw new ExitError(EXIT.usage, `that would be ${count} runs; at most ${max} are made`, hint);
}

async function makeSure(call: Invocation, job: Job, count: number): Promise<void> {
  if (call.isSure) return;
  const { person } = call.deps;
  const runs = count === 1 ? "1 run" : `${count} runs`;
  if (!person.isPresent) throw new ExitError(EXIT.usage, `nothing was started: say --yes to mean these ${runs}`);
  const answer = await person.ask(`Start ${runs} of "${visible(job.name)}", one after the other? [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new ExitError(EXIT.failed, "nothing was started");
}

interface Asked {
  readonly command: string;
  readonly target: CommandTarget;
  readonly machines: readonly MachineRow[];
  readonly ids: readonly RunId[];
}

async function waitForRuns(call: Invocation, fleet: Fleet, asked: Asked, timeoutMs: number): Promise<ExitCode> {
  call.print.words("Waiting for the end of the last");
  const followed = await followBackfill({ ...fleet, clock: call.deps.clock }, asked, timeoutMs);
  const { runs, haveEnded, refusals, missing } = followed;
  if (runs.length > 0) await printRuns(call, fleet, runs, await fleet.serverTime.now());
  const [refusal] = refusals;
  if (refusal !== undefined) throw new ExitError(EXIT.failed, `${refusal.status}: ${visible(refusal.result)}`);
  const within = `within ${exactLength(timeoutMs)}`;
  if (missing.length > 0)
    throw new ExitError(EXIT.timedOut, `${missing.map((it) => it.label).join(", ")} did not answer ${within}`);
  if (!haveEnded) throw new ExitError(EXIT.timedOut, `not all of the runs have ended ${within}`);
  return runs.every((it) => it.status === "ok") ? EXIT.ok : EXIT.failed;
}
