import type { EpochMs, MonotonicMs } from "../../../src/model/time.ts";
import type { Clock } from "../../../src/ports/clock.ts";

/** The clocks of one machine: its wall clock may be wrong, its steady one starts anywhere. */
export interface MachineClock extends Clock {
  /** Moves its wall clock alone, as NTP or a person would. */
  jump(byMs: number): void;
}

export function createMachineClock(time: Clock, skewMs: number, bootedMsAgo: number): MachineClock {
  let skew = skewMs;
  return {
    wallNow: () => (time.wallNow() + skew) as EpochMs,
    monotonicNow: () => (time.monotonicNow() + bootedMsAgo) as MonotonicMs,
    sleep: (durationMs, signal) => time.sleep(durationMs, signal),
    jump(byMs) {
      skew += byMs;
    },
  };
}
