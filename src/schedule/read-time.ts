import type { ScheduleEntry } from "../model/schedule-spec.ts";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { compileSchedule } from "./compile.ts";
import { nextOccurrence } from "./due.ts";
import { parseOnce } from "./once-time.ts";
import { wallInstants } from "./wall-instants.ts";
import { canonicalZone } from "./zone-name.ts";

const CLOCK_TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
/** Seconds and their fraction in an ISO time: an occurrence has none, an answer of a server mostly does. */
const SECONDS = /(?<=T\d{2}:\d{2}):([0-5]\d)(?:[.,](\d{1,9}))?/i;

/**
 * The moment that a text names: an ISO time (`2026-12-01T09:00`, with or without seconds; in the zone unless it has an
 * offset), or `HH:MM`, the first such wall time of the zone that is later than `after`. `undefined`: it names none.
 *
 * Where a zone's clocks change it is as with a fixed schedule: a wall time in a gap is the first minute after it, one
 * that comes twice is the first of the two.
 */
export function readTime(text: string, after: EpochMs, zone: string): EpochMs | undefined {
  const name = canonicalZone(zone);
  if (name === undefined) return undefined;
  const written = text.trim();
  const [, hour, minute] = CLOCK_TIME.exec(written) ?? [];
  if (hour !== undefined) return nextClockTime(Number(hour), Number(minute), after, name);
  const [, seconds = "0", fraction = "0"] = SECONDS.exec(written) ?? [];
  const once = parseOnce(written.replace(SECONDS, ""));
  if (once.kind === "problem") return undefined;
  const beyondMs = Number(seconds) * SECOND_MS + Number(fraction.padEnd(3, "0").slice(0, 3));
  if (once.kind === "instant") return (once.minute * MINUTE_MS + beyondMs) as EpochMs;
  const at = wallInstants(once.minute, name);
  switch (at.kind) {
    case "once":
      return (at.at + beyondMs) as EpochMs;
    case "twice":
      return (at.first + beyondMs) as EpochMs;
    case "never":
      return at.gapEnd;
  }
}

function nextClockTime(hour: number, minute: number, after: EpochMs, zone: string): EpochMs | undefined {
  const entries: readonly ScheduleEntry[] = [{ kind: "hour_minute", hour, minute }];
  const daily = compileSchedule({ entries, zone, notBefore: undefined, notAfter: undefined }, zone);
  return nextOccurrence(daily, after)?.scheduledFor;
}
