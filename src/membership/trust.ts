import type { LeaseTiming } from "../model/member.ts";
import type { EpochMs, MonotonicMs } from "../model/time.ts";

/** One look at both clocks of this machine. */
export interface Moment {
  readonly monotonic: MonotonicMs;
  readonly wall: EpochMs;
}

/** Until when an owner trusts its session. */
export interface TrustWindow {
  readonly from: Moment;
  readonly lengthMs: number;
}

/**
 * The window that an acknowledged renewal opens. It runs from the *sending*, because the lease may have been written
 * any time after that; and it ends a guard before the lease can.
 */
export function trustSince(sentAt: Moment, timing: LeaseTiming): TrustWindow {
  return { from: sentAt, lengthMs: timing.ttlMs - timing.guardMs };
}

/**
 * Elapsed time is the larger of both clocks: the monotonic one stands still while the machine sleeps, the wall clock
 * may be set back. A wall clock that jumps ahead costs one renewal, never safety.
 */
export function isTrusted(window: TrustWindow, now: Moment): boolean {
  const elapsedMs = Math.max(now.monotonic - window.from.monotonic, now.wall - window.from.wall);
  return elapsedMs < window.lengthMs;
}
