import type { Occurrence } from "../model/occurrence.ts";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../model/time.ts";
import { unknownZone } from "./check-entry.ts";
import { minuteOfDay, offsetText, wallText } from "./wall-time.ts";
import { canonicalZone } from "./zone-name.ts";
import { zoneOffsets } from "./zone-offsets.ts";

/**
 * A moment that no schedule asked for (a run that a person wants at once), with its wall time for guards and people.
 * Keeps the moment to the millisecond; the key is its UTC minute.
 * @throws {RangeError} when this machine knows no such zone
 */
export function localOccurrence(at: EpochMs, zone: string): Occurrence {
  const name = canonicalZone(zone);
  if (name === undefined) throw new RangeError(unknownZone(zone));
  const utc = Math.floor(at / MINUTE_MS);
  const offset = zoneOffsets(name).offsetAt(utc);
  const wall = utc + offset;
  const seconds = String(Math.floor((at - utc * MINUTE_MS) / SECOND_MS)).padStart(2, "0");
  return {
    scheduledFor: at,
    key: `${wallText(utc)}Z`,
    local: `${wallText(wall)}:${seconds}${offsetText(offset)}`,
    hour: Math.floor(minuteOfDay(wall) / 60),
    minute: minuteOfDay(wall) % 60,
    note: undefined,
  };
}
