import type { EpochMs, MonotonicMs } from "../../../src/model/time.ts";
import type { Clock } from "../../../src/ports/clock.ts";

/** The clocks of one machine: its wall clock may be wrong, its steady one starts anywhere, both may run too fast. */
export interface MachineClock extends Clock {
  /** Moves its wall clock alone, as NTP or a person would. */
  jump(byMs: number): void;
  /** How many milliseconds it shows for each that passes. */
  readonly rate: number;
  /** How much later than asked a timer rings; asked anew for each. */
  lateByMs: () => number;
}

export interface MachineClockOptions {
  readonly skewMs: number;
  readonly bootedMsAgo: number;
  readonly rate: number;
}

export function createMachineClock(time: Clock, { skewMs, bootedMsAgo, rate }: MachineClockOptions): MachineClock {
  const start = { monotonic: time.monotonicNow(), wall: time.wallNow() };
  const gainedMs = () => (time.monotonicNow() - start.monotonic) * (rate - 1);
  let skew = skewMs;
  const clock: MachineClock = {
    wallNow: () => Math.floor(time.wallNow() + gainedMs() + skew) as EpochMs,
    monotonicNow: () => (time.monotonicNow() + gainedMs() + bootedMsAgo) as MonotonicMs,
    sleep: (durationMs, signal) => time.sleep(durationMs / rate + clock.lateByMs(), signal),
    jump(byMs) {
      skew += byMs;
    },
    rate,
    lateByMs: () => 0,
  };
  return clock;
}
