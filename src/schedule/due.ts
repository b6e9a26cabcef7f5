import type { Occurrence } from "../model/occurrence.ts";
import { type EpochMs, MINUTE_MS, type TimeWindow } from "../model/time.ts";
import type { CompiledSchedule } from "./compile.ts";
import { createDayPlan, nextDayOf } from "./day-plan.ts";
import { occurrencesInSpan } from "./span-occurrences.ts";
import { dayOf, MINUTES_PER_DAY } from "./wall-time.ts";

/** The calendar repeats after 400 years: what does not come within them never comes. */
const SEARCH_MINUTES = 400 * 366 * MINUTES_PER_DAY;

/**
 * The occurrences of a schedule in a window, in order of time, one at a time as they are asked for. Consecutive windows
 * give together what one window over both would give.
 *
 * The rule (design.md 5, "Time"), where a zone's clocks change:
 * - A recurring entry is due at each real minute that its pattern names: never in a gap, in both passes of a repetition.
 * - A fixed entry is due once per time it names: when wall clocks first reach it or, in a gap, jump over it.
 * - A fixed time that a change of more than 3 hours jumps over has no run; it is given with `neverExisted` set at the
 *   first minute after the change, before whatever is due at that minute, for `decideCatchUp` to settle as missed.
 * - All that falls on one minute is one occurrence. Its key is the UTC minute if a recurring entry asks for it, else
 *   the earliest of its wall times as asked for.
 */
export function* occurrencesIn(schedule: CompiledSchedule, window: TimeWindow): Generator<Occurrence, undefined> {
  const first = Math.max(schedule.firstMinute, Math.floor(window.after / MINUTE_MS) + 1);
  const last = Math.min(schedule.lastMinute, Math.floor(window.upTo / MINUTE_MS));
  const { entries, offsets, zone } = schedule;
  const plan = createDayPlan(entries);
  let utcDay = dayOf(first);
  while (utcDay * MINUTES_PER_DAY <= last) {
    // A wall day has its minutes on the UTC day of the same date or on one beside it.
    const near = nextDayOf(entries, utcDay - 1);
    if (near === undefined) return;
    if (near > utcDay + 1) {
      utcDay = near - 1;
      continue;
    }
    for (const span of offsets.spansOf(utcDay)) {
      const from = Math.max(span.from, first);
      const to = Math.min(span.to, last);
      if (from <= to) yield* occurrencesInSpan(span, from, to, plan, zone);
    }
    utcDay++;
  }
}

/** The first occurrence later than `after` that can be run; `undefined` when there will never be one. */
export function nextOccurrence(schedule: CompiledSchedule, after: EpochMs): Occurrence | undefined {
  const upTo = (after + SEARCH_MINUTES * MINUTE_MS) as EpochMs;
  for (const occurrence of occurrencesIn(schedule, { after, upTo })) {
    if (occurrence.neverExisted === undefined) return occurrence;
  }
  return undefined;
}
