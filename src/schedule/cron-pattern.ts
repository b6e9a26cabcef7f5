import { CronPattern } from "croner";
import { calendarDays, type CalendarDays } from "./calendar-days.ts";
import { dayTimes, type DayTimes, FIXED, RECURRING } from "./day-times.ts";
import { memoize } from "./memoize.ts";
import { quoted } from "./quoted.ts";

const PATTERNS_REMEMBERED_MAX = 2_000;
const TEXT_LENGTH_MAX = 1_000;
const FIELDS_HINT = 'write 5 fields: minute hour day-of-month month day-of-week, e.g. "*/5 9-17 * * 1-5"';

interface ParsedCron {
  /** The same pattern in one spelling: nicknames as fields, single spaces, capitals. */
  readonly text: string;
  readonly times: DayTimes;
  readonly days: CalendarDays;
}

export type CronResult =
  | { readonly ok: true; readonly cron: ParsedCron }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads five cron fields or a nickname. Names, lists, ranges, steps, `L`, `W`, `#` and `?` as croner knows them; day of
 * month and day of week both set: either matches. A pattern is fixed when neither minute nor hour holds a `*` or a step.
 */
export const parseCron: (text: string) => CronResult = memoize(PATTERNS_REMEMBERED_MAX, (text) => {
  if (text.length > TEXT_LENGTH_MAX) {
    return refused(
      `a cron pattern of ${text.length} characters is too long; use ranges and steps, or several schedules`,
    );
  }
  const written = text.trim().split(/\s+/);
  const tooMany = tooManyFields(written);
  if (tooMany !== undefined) return refused(tooMany);
  let pattern: CronPattern;
  try {
    pattern = new CronPattern(text, "UTC", { mode: "5-part", fixedTimeRule: "no-wildcard" });
  } catch (error) {
    return refused(`${quoted(text)} is not a cron pattern: ${plainReason(error)}; ${FIELDS_HINT}`);
  }
  // croner has replaced a nickname by its fields here.
  const fields = pattern.pattern.toUpperCase().replaceAll("?", "*").trim().split(/\s+/);
  const days = calendarDays(fields.slice(2).join(" "));
  if (days.next(0) === undefined) {
    return refused(`${quoted(text)} never fires: no year has such a day; mend its day of month, month or day of week`);
  }
  const times = dayTimes(minutesOfDay(pattern), pattern.isFixedTime ? FIXED : RECURRING);
  return { ok: true, cron: { text: fields.join(" "), times, days } };
});

function refused(problem: string): CronResult {
  return { ok: false, problem };
}

function tooManyFields(fields: readonly string[]): string | undefined {
  if (fields.length < 6) return undefined;
  const text = quoted(fields.join(" "));
  if (fields.length > 7) return `${text} has ${fields.length} fields; ${FIELDS_HINT}`;
  const five = quoted(fields.slice(1, 6).join(" "));
  const what =
    fields.length === 6
      ? "has 6 fields, but there are no seconds here"
      : "has 7 fields, but there are no seconds or years here";
  return `${text} ${what}; a minute is the shortest step: write ${five}`;
}

function minutesOfDay(pattern: CronPattern): number[] {
  const minutes = indexesSet(pattern.minute);
  return indexesSet(pattern.hour).flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
}

function indexesSet(flags: readonly number[]): number[] {
  return flags.flatMap((flag, index) => (flag === 0 ? [] : [index]));
}

/** croner's message for people: without its class name, and with days and months counted from 1. */
function plainReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes("@reboot")) return "a fleet has no boot to run after";
  if (/exactly five, six, or seven/.test(message)) return "it does not have 5 fields";
  if (/From value is larger/.test(message)) return "a range can't go past its end (22-2 is 22-23,0-2)";
  return message
    .replace(/^CronPattern: (Syntax error, )?/, "")
    .replace(
      /(Invalid value for )(day|month|nearestWeekdays): (-?\d+)/,
      (_, what: string, part: string, value: string) => {
        return `${what}${part === "nearestWeekdays" ? "W" : part}: ${Number(value) + 1}`;
      },
    )
    .replace(/^configuration entry \d+ \(/, "a field (")
    .replace(/\.$/, "")
    .slice(0, 160);
}
