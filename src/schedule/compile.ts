import type { ScheduleEntry, ScheduleSpec } from "../model/schedule-spec.ts";
import { MINUTE_MS } from "../model/time.ts";
import { unknownZone } from "./check-entry.ts";
import { type EntryTimes, readEntry } from "./entry-times.ts";
import { FIRST_MINUTE, LAST_MINUTE } from "./wall-time.ts";
import { canonicalZone } from "./zone-name.ts";
import { type ZoneOffsets, zoneOffsets } from "./zone-offsets.ts";

/** A schedule made ready for asking. Patterns and zones are shared between schedules. */
export interface CompiledSchedule {
  readonly zone: string;
  readonly offsets: ZoneOffsets;
  /** Each meaning once. */
  readonly entries: readonly EntryTimes[];
  /** UTC minutes since 1970 between which occurrences may lie, both inclusive. */
  readonly firstMinute: number;
  readonly lastMinute: number;
}

/**
 * @param fleetZone the zone of schedules that name none
 * @throws {RangeError} for what `checkEntry` refuses, in the same words
 */
export function compileSchedule(spec: ScheduleSpec, fleetZone: string): CompiledSchedule {
  const asked = spec.zone ?? fleetZone;
  const zone = canonicalZone(asked);
  if (zone === undefined) throw new RangeError(unknownZone(asked));
  const entries = new Map(spec.entries.map(compileEntry).map((it) => [it.text, it]));
  return {
    zone,
    offsets: zoneOffsets(zone),
    entries: [...entries.values()],
    firstMinute: Math.max(FIRST_MINUTE, Math.ceil((spec.notBefore ?? Number.NEGATIVE_INFINITY) / MINUTE_MS)),
    lastMinute: Math.min(LAST_MINUTE, Math.floor((spec.notAfter ?? Number.POSITIVE_INFINITY) / MINUTE_MS)),
  };
}

function compileEntry(entry: ScheduleEntry): EntryTimes {
  const read = readEntry(entry);
  if (!read.ok) throw new RangeError(read.problem);
  return read.times;
}
