import type { ScheduleSpec } from "../model/schedule-spec.ts";
import type { EpochMs } from "../model/time.ts";

/** The schedule of which nothing is due before a moment; `undefined` leaves it as it is. */
export function heldUntil(spec: ScheduleSpec, until: EpochMs | undefined): ScheduleSpec {
  if (until === undefined || (spec.notBefore !== undefined && spec.notBefore >= until)) return spec;
  return { ...spec, notBefore: until };
}
