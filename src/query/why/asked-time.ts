import { DAY_MS, type EpochMs, MINUTE_MS } from "../../model/time.ts";
import { localOccurrence } from "../../schedule/local-occurrence.ts";
import { wallInstants } from "../../schedule/wall-instants.ts";
import { canonicalZone } from "../../schedule/zone-name.ts";
import { parseInstant } from "../instant.ts";

/** A minute that a person asks about: one moment, or none or two where clocks were put forward or back. */
export interface AskedTime {
  /** At least one: where clocks were put forward over the wall time, the first minute after. */
  readonly moments: readonly EpochMs[];
  /** The wall time that no clock showed: minutes since 1970-01-01T00:00, and as text. */
  readonly inGap: { readonly wall: number; readonly text: string } | undefined;
}

const CLOCK = /^(?:(today|yesterday|tomorrow)[ T])?(\d{1,2}):(\d\d)(?::00)?$/i;
const WALL = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::\d\d)?$/i;
const DAYS_OFF: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };

/**
 * Reads `12:05` (today), `yesterday 12:05`, `2026-11-21 12:05`, each in `zone`, or an ISO time with an offset. Seconds
 * are left out: occurrences fall on whole minutes.
 * @returns `undefined` for anything else
 */
export function parseAskedTime(text: string, zone: string, now: EpochMs): AskedTime | undefined {
  const wallText = wallTextOf(text.trim(), zone, now);
  if (wallText !== undefined) return atWall(wallText, zone);
  const at = parseInstant(text.trim(), zone);
  return at === undefined ? undefined : { moments: [wholeMinute(at)], inGap: undefined };
}

function wallTextOf(text: string, zone: string, now: EpochMs): string | undefined {
  const [, date, time] = WALL.exec(text) ?? [];
  if (date !== undefined) return `${date}T${time}`;
  const [whole, day = "today", hour = "", minute] = CLOCK.exec(text) ?? [];
  if (whole === undefined || Number(hour) > 23 || Number(minute) > 59) return undefined;
  const today = Date.parse(`${localOccurrence(now, zone).local.slice(0, 10)}T00:00:00Z`);
  const asked = new Date(today + (DAYS_OFF[day.toLowerCase()] ?? 0) * DAY_MS).toISOString().slice(0, 10);
  return `${asked}T${hour.padStart(2, "0")}:${minute}`;
}

function atWall(text: string, zone: string): AskedTime | undefined {
  const ms = Date.parse(`${text}:00Z`);
  const name = canonicalZone(zone);
  // The engine takes 30 February for 2 March.
  if (name === undefined || Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text)) return undefined;
  const wall = ms / MINUTE_MS;
  const found = wallInstants(wall, name);
  switch (found.kind) {
    case "once":
      return { moments: [found.at], inGap: undefined };
    case "twice":
      return { moments: [found.first, found.second], inGap: undefined };
    case "never":
      return { moments: [found.gapEnd], inGap: { wall, text: text.replace("T", " ") } };
  }
}

function wholeMinute(at: EpochMs): EpochMs {
  return (Math.floor(at / MINUTE_MS) * MINUTE_MS) as EpochMs;
}
