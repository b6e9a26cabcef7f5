import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";

/** How long after its last sign an agent of the original counts as alive. */
const ALIVE_MS = 3 * MINUTE_MS;
/** Zones are multiples of this apart. */
const ZONE_STEP_MS = 15 * MINUTE_MS;
const ZONE_MS_MIN = -12 * HOUR_MS;
const ZONE_MS_MAX = 14 * HOUR_MS;
/** Numbers of minutes, seconds and milliseconds since 1970 do not overlap between 1981 and 2150. */
const MINUTES_MAX = 1e8;
const SECONDS_MAX = 1e11;
const COUNT_MIN = 1e6;
const COMPACT = /^(?<year>20\d{2})(?<month>\d{2})(?<day>\d{2})(?<hour>\d{2})(?<minute>\d{2})$/;
const WALL_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/** `at` is unknown where the value has no form that says it. */
export interface LastOnline {
  readonly alive: boolean;
  readonly at: EpochMs | undefined;
}

/**
 * What `last_online_minute` of a machine of the original says: a date, a count of minutes, seconds or milliseconds
 * since 1970, or text. In doubt the machine is alive, since two schedulers at once run every job twice; nothing at all
 * means that it never was. A time ahead of the server's counts as alive as well.
 * @param value plain data: numbers as number or bigint
 */
export function readLastOnline(value: unknown, now: EpochMs): LastOnline {
  if (value === null || value === undefined || value === "") return { alive: false, at: undefined };
  if (value instanceof Date) return atInstant(value.getTime(), now);
  if (typeof value === "number" || typeof value === "bigint") return atCount(Number(value), now);
  if (typeof value !== "string") return UNREADABLE;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return atCount(Number(text), now);
  if (WALL_TIME.test(text)) return atWallTime(`${text.replace(" ", "T")}Z`, now);
  return atInstant(Date.parse(text), now);
}

const UNREADABLE: LastOnline = { alive: true, at: undefined };

function atCount(count: number, now: EpochMs): LastOnline {
  const compact = COMPACT.exec(String(count))?.groups;
  if (compact !== undefined) {
    const { year, month, day, hour, minute } = compact;
    return atWallTime(`${year}-${month}-${day}T${hour}:${minute}Z`, now);
  }
  if (count < COUNT_MIN) return UNREADABLE;
  if (count < MINUTES_MAX) return atInstant(count * MINUTE_MS, now);
  return atInstant(count < SECONDS_MAX ? count * SECOND_MS : count, now);
}

function atInstant(at: number, now: EpochMs): LastOnline {
  if (Number.isNaN(at)) return UNREADABLE;
  return { alive: now - at <= ALIVE_MS, at: at as EpochMs };
}

/** A wall time of an unknown zone: alive if it is just past in any zone there is. */
function atWallTime(iso: string, now: EpochMs): LastOnline {
  const wall = Date.parse(iso);
  if (Number.isNaN(wall)) return UNREADABLE;
  if (now - wall > DAY_MS) return { alive: false, at: wall as EpochMs };
  for (let zone = ZONE_MS_MIN; zone <= ZONE_MS_MAX; zone += ZONE_STEP_MS) {
    const at = wall - zone;
    if (Math.abs(now - at) <= ALIVE_MS) return { alive: true, at: at as EpochMs };
  }
  return { alive: false, at: wall as EpochMs };
}
