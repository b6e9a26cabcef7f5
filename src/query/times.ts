import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type EpochMs } from "../model/time.ts";
import { localOccurrence } from "../schedule/local-occurrence.ts";

/** `in 3 min`, `2 h ago`, `now`. */
export function relativeTime(at: EpochMs, now: EpochMs): string {
  const distanceMs = Math.abs(at - now);
  if (distanceMs < SECOND_MS) return "now";
  const length = roughLength(distanceMs);
  return at > now ? `in ${length}` : `${length} ago`;
}

/** `12 s`, `3 min`, `5 h`, `4 days`: rounded down, as far as one unit goes. */
export function roughLength(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} days`;
}

/** A moment in a zone: `2026-03-29 03:00 +02:00`. @throws {RangeError} when this machine knows no such zone */
export function readableTime(at: EpochMs, zone: string): string {
  return readableLocal(localOccurrence(at, zone).local);
}

/** A local ISO time with offset as people read it: `2026-03-29 03:00 +02:00`. */
export function readableLocal(local: string): string {
  const [, date, time, offset] = /^(\S{10})T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(\S*)$/.exec(local) ?? [];
  return date === undefined ? local : `${date} ${time} ${offset}`.trimEnd();
}
