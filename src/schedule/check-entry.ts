import type { ScheduleEntry } from "../model/schedule-spec.ts";
import { readEntry } from "./entry-times.ts";
import { quoted } from "./quoted.ts";
import { canonicalZone } from "./zone-name.ts";

/**
 * What is wrong with an entry, in plain words with the remedy; `undefined` when nothing is. A date that no year has
 * (31 February) is wrong, a moment in the past is not.
 * @param zone the zone in which the entry is meant
 */
export function checkEntry(entry: ScheduleEntry, zone: string): string | undefined {
  const read = readEntry(entry);
  if (!read.ok) return read.problem;
  return canonicalZone(zone) === undefined ? unknownZone(zone) : undefined;
}

export function unknownZone(zone: string): string {
  return `${quoted(zone)} is not a time zone that this machine knows; write an IANA name such as "Asia/Seoul"`;
}
