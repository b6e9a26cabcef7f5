import { Cron } from "croner";
import { DAY_MS } from "../model/time.ts";
import { memoize } from "./memoize.ts";

/** A year is one of 14 kinds: the weekday it begins with, and whether it is a leap year. */
const YEAR_KINDS = 14;
/** After this many years the Gregorian calendar repeats, weekdays included. */
const YEARS_PER_CYCLE = 400;
const NO_DAY = 0xffff;
const PATTERNS_REMEMBERED_MAX = 1_000;

/** The days on which a pattern is due, as days since 1970-01-01 of any calendar without zone. */
export interface CalendarDays {
  has(day: number): boolean;
  /** The first such day not before `day`; `undefined` when there is none, ever. */
  next(day: number): number | undefined;
}

interface Year {
  readonly firstDay: number;
  readonly dayCount: number;
  readonly kind: number;
}

const EVERY_DAY: CalendarDays = { has: () => true, next: (day) => day };

/**
 * Days by the last three fields of a cron pattern (`1-5 * MON`), which croner must accept. What croner says about a day
 * depends on nothing but the kind of its year, so it is asked once per day of each kind of year.
 */
export const calendarDays: (dateFields: string) => CalendarDays = memoize(PATTERNS_REMEMBERED_MAX, (dateFields) =>
  dateFields === "* * *" ? EVERY_DAY : createCalendarDays(dateFields),
);

function createCalendarDays(dateFields: string): CalendarDays {
  const tables: (Uint16Array | undefined)[] = Array.from({ length: YEAR_KINDS });

  function tableOf(kind: number): Uint16Array {
    const known = tables[kind];
    if (known !== undefined) return known;
    const table = nextDaysInYear(dateFields, kind);
    tables[kind] = table;
    return table;
  }

  return {
    has(day) {
      const { firstDay, kind } = yearHolding(day);
      return tableOf(kind)[day - firstDay] === day - firstDay;
    },
    next(day) {
      let year = yearHolding(day);
      let dayOfYear = day - year.firstDay;
      for (let years = 0; years <= YEARS_PER_CYCLE; years++) {
        const found = tableOf(year.kind)[dayOfYear] ?? NO_DAY;
        if (found !== NO_DAY) return year.firstDay + found;
        year = yearHolding(year.firstDay + year.dayCount);
        dayOfYear = 0;
      }
      return undefined;
    },
  };
}

/** For each day of a year of this kind the first matching day not before it, counted from the first of January. */
function nextDaysInYear(dateFields: string, kind: number): Uint16Array {
  // In UTC by offset croner does plain arithmetic, without its own daylight-saving rules.
  const cron = new Cron(`0 0 ${dateFields}`, { mode: "5-part", utcOffset: 0 });
  const { firstDay, dayCount } = sampleYear(kind);
  const table = new Uint16Array(dayCount).fill(NO_DAY);
  let next = NO_DAY;
  for (let day = dayCount - 1; day >= 0; day--) {
    if (cron.match(new Date((firstDay + day) * DAY_MS))) next = day;
    table[day] = next;
  }
  return table;
}

/** A year of that kind; every kind occurs in any 28 years without a skipped leap year. */
function sampleYear(kind: number): Year {
  for (let number = 2001; number <= 2028; number++) {
    const year = yearNumbered(number);
    if (year.kind === kind) return year;
  }
  throw new RangeError(`there is no kind ${kind} of year`);
}

let latest: Year = yearNumbered(2026);

function yearHolding(day: number): Year {
  if (day >= latest.firstDay && day < latest.firstDay + latest.dayCount) return latest;
  latest = yearNumbered(new Date(day * DAY_MS).getUTCFullYear());
  return latest;
}

function yearNumbered(number: number): Year {
  const firstDay = firstDayOf(number);
  const dayCount = firstDayOf(number + 1) - firstDay;
  // 1970-01-01 was a Thursday.
  const weekday = (((firstDay + 4) % 7) + 7) % 7;
  return { firstDay, dayCount, kind: weekday + (dayCount === 366 ? 7 : 0) };
}

function firstDayOf(year: number): number {
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return new Date(0).setUTCFullYear(year, 0, 1) / DAY_MS;
}
