import { DAY_MS, MINUTE_MS } from "../model/time.ts";

/**
 * Times here are whole minutes since 1970-01-01T00:00, either of UTC or as a wall clock shows them ("wall minutes":
 * the wall time read as if it were UTC), and days are whole days since that date.
 */
export const MINUTES_PER_DAY = DAY_MS / MINUTE_MS;

/** Schedules live in the years 1 to 9999, which ISO 8601 writes in four digits. */
export const FIRST_MINUTE = Date.parse("0001-01-02T00:00:00Z") / MINUTE_MS;
export const LAST_MINUTE = Date.parse("9999-12-30T00:00:00Z") / MINUTE_MS;

const CLOCK_TEXTS: readonly string[] = Array.from(
  { length: MINUTES_PER_DAY },
  (_, minute) => `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`,
);

export function dayOf(minute: number): number {
  return Math.floor(minute / MINUTES_PER_DAY);
}

export function minuteOfDay(minute: number): number {
  return minute - dayOf(minute) * MINUTES_PER_DAY;
}

/** `2026-11-21` */
export function dateText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `14:30` */
export function clockText(minute: number): string {
  return CLOCK_TEXTS[minuteOfDay(minute)] ?? "";
}

/** `2026-11-21T14:30` */
export function wallText(minute: number): string {
  return `${dateText(dayOf(minute))}T${clockText(minute)}`;
}

/** `+09:00` */
export function offsetText(offsetMinutes: number): string {
  const size = Math.abs(offsetMinutes);
  return `${offsetMinutes < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
