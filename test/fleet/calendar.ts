import { HOUR_MS, MINUTE_MS } from "../../src/model/time.ts";

/**
 * When a job is due, as the simulation's own words: minutes of these hours, at a fixed distance from UTC. It knows
 * nothing of patterns and zones; what the agents read is written from it.
 */
export interface Calendar {
  readonly minutes: readonly number[];
  readonly hours: readonly number[] | "every";
  readonly aheadOfUtcMs: number;
}

/** Every due time in (after, upTo], found by looking at each minute. */
export function dueBetween({ minutes, hours, aheadOfUtcMs }: Calendar, after: number, upTo: number): number[] {
  const due: number[] = [];
  for (let at = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS; at <= upTo; at += MINUTE_MS) {
    const local = new Date(at + aheadOfUtcMs);
    if (minutes.includes(local.getUTCMinutes()) && (hours === "every" || hours.includes(local.getUTCHours())))
      due.push(at);
  }
  return due;
}

export function isDue(calendar: Calendar, at: number): boolean {
  return dueBetween(calendar, at - 1, at).length === 1;
}

/** The first due time later than this, if there is one within two hours. */
export function nextDue(calendar: Calendar, after: number): number | undefined {
  return dueBetween(calendar, after, after + 2 * HOUR_MS)[0];
}

/** The fields of a job document that say the same. */
export function scheduleFields(calendar: Calendar): Readonly<Record<string, unknown>> {
  const { minutes, hours, aheadOfUtcMs } = calendar;
  const zone = aheadOfUtcMs === 0 ? {} : { tz: "Asia/Kolkata" };
  return { ...zone, schedule: `${minutes.join(",")} ${hours === "every" ? "*" : hours.join(",")} * * *` };
}

/** India has had one offset since 1945. */
export const KOLKATA_AHEAD_MS = 5.5 * HOUR_MS;
