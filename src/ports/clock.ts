import type { EpochMs, MonotonicMs } from "../model/time.ts";

/** The only way to the time of this machine. */
export interface Clock {
  /** Wall time of this machine; may jump and be wrong. */
  wallNow(): EpochMs;
  /** Never jumps; stands still while the machine sleeps. */
  monotonicNow(): MonotonicMs;
  /** Resolves after the time or as soon as the signal aborts, whichever comes first; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
