import type { EpochMs } from "../../model/time.ts";
import { SECOND_MS } from "../../model/time.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const TIME = String.raw`(\d{2}):(\d{2}):(\d{2})`;
/** `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` */
const COMMON_DATE = new RegExp(String.raw`^[A-Z][a-z]+, (\d{2})[ -]([A-Z][a-z]{2})[ -](\d{4}|\d{2}) ${TIME} GMT$`);
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME_DATE = new RegExp(String.raw`^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) ${TIME} (\d{4})$`);

/**
 * How long a server asks to wait with `Retry-After` (RFC 9110, 10.2.3: seconds, or a date in one of the three forms of
 * 5.6.7); at least 0, a date that is over is 0. `undefined` for what is neither.
 * @param now what a date is compared with
 */
export function retryAfterMs(header: string, now: EpochMs): number | undefined {
  const text = header.trim();
  // More digits than a double holds exactly make no sense, and are a very long wait all the same.
  if (/^\d+$/.test(text)) return Math.min(Number(text) * SECOND_MS, Number.MAX_SAFE_INTEGER);
  const at = httpDate(text, now);
  return at === undefined ? undefined : Math.max(0, at - now);
}

function httpDate(text: string, now: EpochMs): number | undefined {
  const common = COMMON_DATE.exec(text);
  if (common !== null) {
    const [, day, month, year, ...time] = common;
    return instant(fullYear(String(year), now), month, day, time);
  }
  const asctime = ASCTIME_DATE.exec(text);
  if (asctime === null) return undefined;
  const [, month, day, hour, minute, second, year] = asctime;
  return instant(Number(year), month, day, [hour, minute, second]);
}

/** Two digits mean the latest such year that is not over 50 years ahead. */
function fullYear(digits: string, now: EpochMs): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  const latest = new Date(now).getUTCFullYear() + 50;
  return latest - ((latest - year) % 100);
}

function instant(
  year: number,
  monthName: string | undefined,
  day: string | undefined,
  time: readonly (string | undefined)[],
): number | undefined {
  const month = MONTHS.indexOf(String(monthName));
  const [hour, minute, second] = time.map(Number);
  if (month === -1 || hour === undefined || minute === undefined || second === undefined) return undefined;
  // A leap second is a second like the one after it.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const at = Date.UTC(year, month, Number(day), hour, minute, second);
  const isRealDay = new Date(Date.UTC(year, month, Number(day))).getUTCMonth() === month && Number(day) > 0;
  return isRealDay ? at : undefined;
}
