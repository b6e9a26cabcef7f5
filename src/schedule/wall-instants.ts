import { type EpochMs, MINUTE_MS } from "../model/time.ts";
import { dayOf } from "./wall-time.ts";
import { type ZoneOffsets, zoneOffsets } from "./zone-offsets.ts";

/** The moments at which the clocks of a zone show one wall time. */
export type WallInstants =
  | { readonly kind: "once"; readonly at: EpochMs }
  /** Its clocks were put back over it. */
  | { readonly kind: "twice"; readonly first: EpochMs; readonly second: EpochMs }
  /** Its clocks were put forward over it; `gapEnd` is the first minute after. */
  | { readonly kind: "never"; readonly gapEnd: EpochMs };

/**
 * @param wall minutes since 1970-01-01T00:00 as the wall clock shows them
 * @param zone a canonical name
 */
export function wallInstants(wall: number, zone: string): WallInstants {
  const offsets = zoneOffsets(zone);
  const found = offsetsAround(offsets, wall)
    .map((offset) => wall - offset)
    .filter((utc) => utc + offsets.offsetAt(utc) === wall)
    .sort((a, b) => a - b);
  const [first, second] = found;
  if (first === undefined) return { kind: "never", gapEnd: (gapEndOf(offsets, wall) * MINUTE_MS) as EpochMs };
  const at = (first * MINUTE_MS) as EpochMs;
  return second === undefined
    ? { kind: "once", at }
    : { kind: "twice", first: at, second: (second * MINUTE_MS) as EpochMs };
}

/** Each offset that the zone keeps within a day of that wall time. */
function offsetsAround(offsets: ZoneOffsets, wall: number): readonly number[] {
  const days = [-1, 0, 1].map((it) => dayOf(wall) + it);
  return [...new Set(days.flatMap((day) => offsets.spansOf(day).map((span) => span.offset)))];
}

/** The start of the first span whose clocks show more than the wall time. */
function gapEndOf(offsets: ZoneOffsets, wall: number): number {
  for (const day of [-1, 0, 1]) {
    for (const span of offsets.spansOf(dayOf(wall) + day)) {
      if (span.from === span.start && span.start + span.offset > wall) return span.start;
    }
  }
  return wall - offsets.offsetAt(wall);
}
