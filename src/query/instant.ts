import { DAY_MS, type EpochMs } from "../model/time.ts";
import { upcomingOccurrences } from "./upcoming.ts";

const DATE = /^\d{4}-\d\d-\d\d$/;
const WALL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:00)?$/;
const WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/i;
/** No zone is further from UTC than this. */
const ZONE_REACH_MS = DAY_MS;

/**
 * The instant that a person typed: ISO with an offset or Z, else a wall time or a date (its midnight) in `zone`.
 * @returns `undefined` for anything else
 */
export function parseInstant(text: string, zone: string): EpochMs | undefined {
  if (!isRealDate(text.slice(0, 10))) return undefined;
  if (WITH_OFFSET.test(text)) {
    const at = Date.parse(text);
    return Number.isNaN(at) ? undefined : (at as EpochMs);
  }
  const wallTime = DATE.test(text) ? `${text}T00:00` : text;
  return WALL_TIME.test(wallTime) ? wallTimeIn(wallTime.slice(0, 16), zone) : undefined;
}

/** The engine takes 30 February for 2 March. */
function isRealDate(text: string): boolean {
  const day = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(day) && new Date(day).toISOString().startsWith(text);
}

/** A wall time is what a schedule of one time means, so it is read by the same rule in gaps and repeated hours. */
function wallTimeIn(text: string, zone: string): EpochMs | undefined {
  const schedule = {
    entries: [{ kind: "once", text }],
    zone,
    notBefore: undefined,
    notAfter: undefined,
  } as const;
  const asUtc = Date.parse(`${text}:00Z`);
  if (Number.isNaN(asUtc)) return undefined;
  return upcomingOccurrences({ schedule }, zone, (asUtc - ZONE_REACH_MS) as EpochMs, 1)[0]?.scheduledFor;
}
