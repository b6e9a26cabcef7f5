import type { CatchUp } from "../model/job.ts";
import type { Occurrence } from "../model/occurrence.ts";
import { type EpochMs, SECOND_MS } from "../model/time.ts";
import { createMissedRow, type Missed } from "./missed-row.ts";

/** An occurrence that is settled within this time is not late. */
const LATE_AFTER_MS = 60 * SECOND_MS;

/** What a job says about occurrences whose time was slept through. */
export interface CatchUpPolicy {
  readonly mode: CatchUp;
  /** Occurrences later than this are not run. */
  readonly windowMs: number;
  /** Most late occurrences that mode `all` runs. */
  readonly max: number;
}

export type Settlement = { readonly verdict: "run"; readonly occurrence: Occurrence } | Missed;

/**
 * What becomes of due occurrences, in order of time; every one is in exactly one settlement.
 *
 * Not over 60 s late is not late: run, whatever the policy. Of the late ones inside the window, `none` runs none, `all`
 * the newest `max`, and `last` the newest one, unless an occurrence that is not late is due as well: that one is then
 * the newest, and stands in for all before it. So `last` starts one run for a whole outage, as a Kubernetes CronJob
 * starts only the most recent of the times it missed, and anacron and a persistent systemd timer catch up once: a job
 * every minute is not started twice within seconds of coming back.
 *
 * More than 100 misses in a row are one settlement. So what is held in memory does not grow with the outage.
 * @param due in order of time, none later than `now`
 */
export function* decideCatchUp(
  due: Iterable<Occurrence>,
  now: EpochMs,
  policy: CatchUpPolicy,
): Generator<Settlement, undefined> {
  const runsMax = policy.mode === "none" ? 0 : policy.mode === "last" ? 1 : policy.max;
  const row = createMissedRow();
  /** Late occurrences that will be run unless newer ones push them out, and between them those that never existed. */
  const held: Occurrence[] = [];
  let runsHeld = 0;

  function dropOldestHeld(reason: string): void {
    for (let occurrence = held.shift(); occurrence !== undefined; occurrence = held.shift()) {
      row.add(occurrence, reasonNeverExisted(occurrence) ?? reason);
      if (occurrence.neverExisted === undefined) {
        runsHeld--;
        return;
      }
    }
  }

  function* releaseHeld(): Generator<Settlement, undefined> {
    for (const occurrence of held.splice(0)) {
      const reason = reasonNeverExisted(occurrence);
      if (reason !== undefined) row.add(occurrence, reason);
      else {
        yield* row.end();
        yield { verdict: "run", occurrence };
      }
    }
    runsHeld = 0;
  }

  for (const occurrence of due) {
    const lateMs = now - occurrence.scheduledFor;
    const neverExisted = reasonNeverExisted(occurrence);
    if (neverExisted !== undefined) {
      if (held.length === 0) row.add(occurrence, neverExisted);
      else held.push(occurrence);
    } else if (lateMs <= LATE_AFTER_MS) {
      while (policy.mode === "last" && runsHeld > 0) dropOldestHeld(reasonReplaced(policy));
      yield* releaseHeld();
      yield* row.end();
      yield { verdict: "run", occurrence };
    } else {
      held.push(occurrence);
      runsHeld++;
      if (lateMs > policy.windowMs) dropOldestHeld(reasonOutside(policy));
      else while (runsHeld > runsMax) dropOldestHeld(reasonReplaced(policy));
    }
  }
  yield* releaseHeld();
  yield* row.end();
}

function reasonNeverExisted(occurrence: Occurrence): string | undefined {
  return occurrence.neverExisted === undefined ? undefined : (occurrence.note ?? "the time never existed");
}

const REASON_NONE = 'noticed more than 60 s late, and catch_up is "none"';

function reasonOutside({ mode, windowMs }: CatchUpPolicy): string {
  if (mode === "none") return REASON_NONE;
  return `noticed later than catch_up_window_sec allows (${windowMs / SECOND_MS} s)`;
}

function reasonReplaced({ mode, max }: CatchUpPolicy): string {
  switch (mode) {
    case "none":
      return REASON_NONE;
    case "last":
      return 'noticed more than 60 s late; catch_up is "last", and a newer occurrence is run';
    case "all":
      return `noticed more than 60 s late; catch_up_max (${max}) newer occurrences are run`;
  }
}
