import type { Moment } from "../membership/trust.ts";
import type { Clock } from "../ports/clock.ts";

/** Both clocks of this machine at once. */
export function momentOf(clock: Clock): Moment {
  return { monotonic: clock.monotonicNow(), wall: clock.wallNow() };
}
