import { MINUTE_MS } from "../model/time.ts";
import { quoted } from "./quoted.ts";

/** One moment, as minutes since 1970: as a wall clock shows it, or of UTC when an offset was written. */
export type OnceTime =
  | { readonly kind: "wall"; readonly minute: number }
  | { readonly kind: "instant"; readonly minute: number }
  | { readonly kind: "problem"; readonly problem: string };

const FORM = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
const FORM_HINT = 'write it as "2026-12-01T09:00" (in the zone of the job) or "2026-12-01T09:00+09:00"';

/** Reads one ISO time: to the minute, with or without offset. */
export function parseOnce(text: string): OnceTime {
  const [, date, hourText, minuteText, second, fraction, offset] = FORM.exec(text.trim()) ?? [];
  if (date === undefined) return problem(text, `is not a time; ${FORM_HINT}`);
  const day = Date.parse(`${date}T00:00:00Z`);
  // Date.parse refuses 02-32, but takes 02-30 for 03-02.
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== date) {
    return problem(text, "names a day that does not exist; mend month and day");
  }
  const hour = Number(hourText);
  const minute = Number(minuteText);
  if (hour > 23 || minute > 59)
    return problem(text, "has no such time of day; hours go from 00 to 23, minutes from 00 to 59");
  if (/[1-9]/.test(`${second ?? ""}${fraction ?? ""}`)) {
    return problem(text, "names seconds; occurrences fall on whole minutes, so leave the seconds out");
  }
  const wall = day / MINUTE_MS + hour * 60 + minute;
  if (offset === undefined) return { kind: "wall", minute: wall };
  const east = offsetMinutes(offset);
  if (east === undefined) return problem(text, `has no such offset from UTC; ${FORM_HINT}`);
  return { kind: "instant", minute: wall - east };
}

function problem(text: string, what: string): OnceTime {
  return { kind: "problem", problem: `${quoted(text)} ${what}` };
}

/** No place is further from UTC than 14 hours; written history knows a little over 15. */
function offsetMinutes(text: string): number | undefined {
  if (/^z$/i.test(text)) return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(":", ""));
  if (hours > 15 || minutes > 59) return undefined;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
