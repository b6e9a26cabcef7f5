import { type CommandTarget, isForOne } from "../model/command.ts";
import { runsAreKnownMs } from "../model/config.ts";
import type { Job } from "../model/job.ts";
import type { MachineId } from "../model/machine.ts";
import type { Occurrence } from "../model/occurrence.ts";
import { isHolding, type JobPause } from "../model/pause.ts";
import { backfillRunId, scheduledRunId } from "../model/run-id.ts";
import type { EpochMs } from "../model/time.ts";
import type { ClaimStore } from "../ports/claim-store.ts";
import type { Cursor, CursorStore } from "../ports/cursor-store.ts";
import { compileSchedule } from "../schedule/compile.ts";
import { occurrencesIn } from "../schedule/due.ts";
import { type CommandRunsDeps, draftOf, failed, placeRuns } from "./command-runs.ts";
import { findValidJob } from "./command-job.ts";
import type { CommandResult } from "./commands.ts";
import type { LiveConfig } from "./live-config.ts";
import { backfillClaimOf, type PlannedJob, type Recorder } from "./job-plan.ts";

/** Runs that are claimed together; the next are claimed when these are, so that no later one stands before an earlier. */
const SLICE = 250;

export interface BackfillDeps extends CommandRunsDeps {
  readonly claimStore: Pick<ClaimStore, "runsAmong">;
  readonly fleetCursors: CursorStore;
  readonly config: () => LiveConfig;
  cursorsOf(machine: MachineId): CursorStore;
}

/**
 * `backfill`: a run for each of these times at which the job was due by its present schedule and has no run. Their keys
 * are made of the occurrence, so whatever is asked again runs nothing twice. What may still get its run by the schedule
 * itself is left to it, and so is what is so old that the record of its run may be gone.
 */
export async function backfill(
  deps: BackfillDeps,
  idOrName: string,
  times: readonly EpochMs[],
  target: CommandTarget,
): Promise<CommandResult | undefined> {
  const { catalog, fleetZone } = deps;
  const found = findValidJob(catalog, idOrName);
  if (!found.ok) return failed(found.why);
  const { document, job } = found.value;
  if (job.runOn === "all" && isForOne(target))
    return failed(
      `job "${job.name}" runs on all machines; send it to all, to machines by their labels or to one by name`,
    );
  const life = deps.life();
  if (life === undefined || life.session.over.aborted) return undefined;
  const place = placeRuns(job, target, life);
  if (!place.ok) return failed(place.why);
  const { by } = place.value;
  const planned: PlannedJob = { job, revision: document.revision, schedule: compileSchedule(job.schedule, fleetZone) };
  const { open, leftOut } = await sortOut(deps, planned, by, times);
  await deps.revisions.keep([document]);
  let started = 0;
  for (let from = 0; from < open.length; from += SLICE) {
    const drafts = open.slice(from, from + SLICE).map((occurrence) => {
      return draftOf(place.value, true, () => backfillClaimOf(planned, occurrence, by, deps.serverClock.now()));
    });
    const outcomes = await life.claims.record(drafts);
    if (outcomes === undefined) return undefined;
    for (const outcome of outcomes) {
      if (outcome.outcome === "refused") throw outcome.err;
      if (outcome.outcome === "inserted") started++;
    }
  }
  return { status: "ok", result: inWords(started, leftOut) };
}

/** In words why occurrences are left out, and how many. */
type LeftOut = Readonly<Record<string, number>>;

async function sortOut(
  deps: BackfillDeps,
  planned: PlannedJob,
  by: Recorder,
  times: readonly EpochMs[],
): Promise<{ readonly open: readonly Occurrence[]; readonly leftOut: LeftOut }> {
  const { id } = planned.job;
  const cursors = by.scope === undefined ? deps.fleetCursors : deps.cursorsOf(by.scope);
  const read = await cursors.read([id]);
  const due = times.flatMap((it) => occurrenceAt(planned, it) ?? []);
  const past = due.filter((it) => it.scheduledFor <= read.now);
  const pause = deps.catalog.pauses.get(id);
  const known = past.filter((it) => read.now - it.scheduledFor < runsAreKnownMs(deps.config().runs));
  const settled = known.filter((it) => isSettled(read.cursors.get(id), pause, planned.job, it.scheduledFor));
  const own = (it: Occurrence) => scheduledRunId(id, it.key, by.scope);
  const madeUp = (it: Occurrence) => backfillRunId(id, it.key, by.scope);
  const runs = await deps.claimStore.runsAmong(settled.flatMap((it) => [own(it), madeUp(it)]));
  const without = settled.filter((it) => !runs.has(own(it)));
  const open = without.filter((it) => !runs.has(madeUp(it)));
  return {
    open,
    leftOut: {
      "with a run": settled.length - without.length,
      "made up for before": without.length - open.length,
      "not due by the present schedule": times.length - due.length,
      "in the future": due.length - past.length,
      "that the schedule may still run by itself (try again in a minute)": known.length - settled.length,
      "so old that the record of a run may be gone (runs.keep_ok_days, runs.keep_failed_days)":
        past.length - known.length,
    },
  };
}

function occurrenceAt({ schedule }: PlannedJob, at: EpochMs): Occurrence | undefined {
  const after = (at - 1) as EpochMs;
  return [...occurrencesIn(schedule, { after, upTo: at })].find((it) => it.neverExisted === undefined);
}

/** Whether an occurrence will get no other run than a backfill's: it lies behind the cursor, or nothing looks at it. */
function isSettled(cursor: Cursor | undefined, pause: JobPause | undefined, job: Job, at: EpochMs): boolean {
  if (cursor === undefined || cursor.schedule === null || at <= cursor.plannedTo) return true;
  return job.enabled && pause?.until !== undefined && isHolding(pause, at);
}

function inWords(started: number, leftOut: LeftOut): string {
  const parts = Object.entries(leftOut).flatMap(([why, count]) => (count === 0 ? [] : [`${count} ${why}`]));
  const runs = started === 1 ? "1 run" : `${started} runs`;
  return parts.length === 0 ? `started ${runs}` : `started ${runs}; left out: ${parts.join(", ")}`;
}
