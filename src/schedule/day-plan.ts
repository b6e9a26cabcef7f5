import { type DayTimes, mergeDayTimes, NO_TIMES } from "./day-times.ts";
import type { EntryTimes } from "./entry-times.ts";

/** What all entries of a schedule together ask for on a day of the wall clock. */
export type DayPlan = (day: number, offset: number) => DayTimes;

/** The first day not before this one on which any entry may have a time. */
export function nextDayOf(entries: readonly EntryTimes[], day: number): number | undefined {
  let nearest: number | undefined;
  for (const entry of entries) {
    const next = entry.nextDay(day);
    if (next !== undefined && (nearest === undefined || next < nearest)) nearest = next;
  }
  return nearest;
}

/** Remembers the latest mixture of entries, as most days of a schedule are alike. */
export function createDayPlan(entries: readonly EntryTimes[]): DayPlan {
  let latestParts: readonly DayTimes[] = [];
  let latest: DayTimes = NO_TIMES;
  return (day, offset) => {
    const parts: DayTimes[] = [];
    for (const entry of entries) {
      const times = entry.timesOf(day, offset);
      if (times.length > 0) parts.push(times);
    }
    if (parts.length === latestParts.length && parts.every((part, index) => part === latestParts[index])) return latest;
    latestParts = parts;
    latest = parts.length === 0 ? NO_TIMES : parts.reduce(mergeDayTimes);
    return latest;
  };
}
