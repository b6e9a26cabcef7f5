import type { ScheduleEntry } from "../model/schedule-spec.ts";
import { parseCron } from "./cron-pattern.ts";
import { dayTimes, type DayTimes, FIXED, NO_TIMES, RECURRING } from "./day-times.ts";
import { parseOnce } from "./once-time.ts";
import { dayOf, minuteOfDay, wallText } from "./wall-time.ts";

/** What one entry of a schedule asks for, by days of the wall clock. */
export interface EntryTimes {
  /** The entry in one spelling; entries of the same text mean the same. */
  readonly text: string;
  /** The first day not before this one that may have a time; `undefined` when there is none, ever. */
  nextDay(day: number): number | undefined;
  /** The times of a day, in a zone that is `offset` minutes east of UTC at that time. */
  timesOf(day: number, offset: number): DayTimes;
}

export type EntryResult =
  | { readonly ok: true; readonly times: EntryTimes }
  /** In plain words, with the remedy. */
  | { readonly ok: false; readonly problem: string };

export function readEntry(entry: ScheduleEntry): EntryResult {
  switch (entry.kind) {
    case "hour_minute":
      return readHourMinute(entry.hour, entry.minute);
    case "cron":
      return readCron(entry.text);
    case "once":
      return readOnce(entry.text);
  }
}

/** Every hour is recurring, one hour is fixed: just as the cron pattern of the same meaning. */
function readHourMinute(hour: number | null, minute: number): EntryResult {
  if (hour !== null && !isWholeUpTo(hour, 23)) {
    return { ok: false, problem: `hour must be a whole number from 0 to 23, or null for every hour; got ${hour}` };
  }
  if (!isWholeUpTo(minute, 59)) {
    return { ok: false, problem: `minute must be a whole number from 0 to 59; got ${minute}` };
  }
  return readCron(`${minute} ${hour ?? "*"} * * *`);
}

function isWholeUpTo(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function readCron(text: string): EntryResult {
  const parsed = parseCron(text);
  if (!parsed.ok) return parsed;
  const { cron } = parsed;
  const timesOf = (day: number) => (cron.days.has(day) ? cron.times : NO_TIMES);
  return { ok: true, times: { text: cron.text, nextDay: (day) => cron.days.next(day), timesOf } };
}

function readOnce(text: string): EntryResult {
  const once = parseOnce(text);
  if (once.kind === "problem") return { ok: false, problem: once.problem };
  const { minute } = once;
  const isWall = once.kind === "wall";
  const times: EntryTimes = {
    text: isWall ? wallText(minute) : `${wallText(minute)}Z`,
    // The wall day of an instant may be the day after its UTC day; it is then found from the day before.
    nextDay: (day) => (day <= dayOf(minute) ? dayOf(minute) : undefined),
    timesOf(day, offset) {
      const wall = isWall ? minute : minute + offset;
      return dayOf(wall) === day ? dayTimes([minuteOfDay(wall)], isWall ? FIXED : RECURRING) : NO_TIMES;
    },
  };
  return { ok: true, times };
}
