import { type EpochMs, MINUTE_MS } from "../model/time.ts";
import type { CompiledSchedule } from "./compile.ts";
import { FIXED, firstIndexFrom } from "./day-times.ts";
import type { EntryTimes } from "./entry-times.ts";
import { clockText, dayOf, minuteOfDay, MINUTES_PER_DAY } from "./wall-time.ts";

/** What one entry of a schedule says about one minute. */
export interface EntryVerdict {
  /** The entry in one spelling. */
  readonly entry: string;
  readonly verdict:
    | "names_it"
    /** That wall time came for the second time that day, and the entry counts the first alone. */
    | "counts_the_first"
    /** No time of that day. */
    | "other_day"
    | "other_minute";
  /** True: due once a day that it names, moved where the time does not exist; false: at each real minute of its pattern. */
  readonly isFixed: boolean;
  /** The times of that day next to the minute, `09:05`; none on another day. */
  readonly nearest: readonly string[];
  /** Day of month and day of week are both set, so that either is enough. */
  readonly isEitherDay: boolean;
}

/** @param at a whole minute */
export function entryVerdicts({ entries, offsets }: CompiledSchedule, at: EpochMs): readonly EntryVerdict[] {
  const utc = Math.floor(at / MINUTE_MS);
  const offset = offsets.offsetAt(utc);
  const span = offsets.spansOf(dayOf(utc)).find((it) => it.from <= utc && utc <= it.to);
  const isSecond = span !== undefined && utc + offset < span.reached;
  return entries.map((entry) => verdictOf(entry, utc + offset, offset, isSecond));
}

/**
 * The same about a wall time that no clock shows that day.
 * @param wall minutes since 1970-01-01T00:00 as a wall clock would show them
 */
export function entryVerdictsInGap({ entries, offsets }: CompiledSchedule, wall: number): readonly EntryVerdict[] {
  return entries.map((entry) => verdictOf(entry, wall, offsets.offsetAt(wall), false));
}

function verdictOf(entry: EntryTimes, wall: number, offset: number, isSecond: boolean): EntryVerdict {
  const times = entry.timesOf(dayOf(wall), offset);
  const minute = minuteOfDay(wall);
  const index = firstIndexFrom(times, minute);
  const here = times[index];
  const isNamed = here !== undefined && here >> 2 === minute;
  const isFixed = ((here ?? times[0] ?? 0) & FIXED) !== 0;
  const isEitherDay = hasBothDays(entry.text);
  const nearest = [times[index - 1], here].flatMap((it) => (it === undefined ? [] : [clockText(it >> 2)]));
  if (times.length === 0) return { entry: entry.text, verdict: "other_day", isFixed, nearest: [], isEitherDay };
  if (!isNamed) return { entry: entry.text, verdict: "other_minute", isFixed, nearest, isEitherDay };
  const verdict = isSecond && isFixed ? "counts_the_first" : "names_it";
  return { entry: entry.text, verdict, isFixed, nearest: [clockText(wall % MINUTES_PER_DAY)], isEitherDay };
}

function hasBothDays(text: string): boolean {
  const fields = text.split(" ");
  return fields.length === 5 && fields[2] !== "*" && fields[4] !== "*";
}
