import type { EpochMs } from "../model/time.ts";

/** Time that passes only when it is told to, so that an hour costs nothing. */
export interface VirtualClock {
  now(): EpochMs;
  /** Resolves at that time or as soon as the signal aborts; never rejects. */
  sleepUntil(at: EpochMs, signal?: AbortSignal): Promise<void>;
  /** Passes time to the next who sleeps, and wakes this one alone; false when nobody sleeps. */
  wakeNext(): boolean;
}

interface Sleeper {
  readonly dueAt: number;
  readonly wake: () => void;
}

/** Who fell asleep first wakes first. */
export function createVirtualClock(start: EpochMs): VirtualClock {
  let now: number = start;
  /** In order of waking. */
  const sleepers: Sleeper[] = [];

  function put(sleeper: Sleeper): void {
    let from = 0;
    let upTo = sleepers.length;
    while (from < upTo) {
      const middle = (from + upTo) >> 1;
      if ((sleepers[middle]?.dueAt ?? Number.POSITIVE_INFINITY) <= sleeper.dueAt) from = middle + 1;
      else upTo = middle;
    }
    sleepers.splice(from, 0, sleeper);
  }

  return {
    now: () => now as EpochMs,

    sleepUntil(at, signal) {
      if (signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          const place = sleepers.indexOf(sleeper);
          if (place !== -1) sleepers.splice(place, 1);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper: Sleeper = { dueAt: Math.max(at, now), wake };
        put(sleeper);
        signal?.addEventListener("abort", wake, { once: true });
      });
    },

    wakeNext() {
      const [next] = sleepers;
      if (next === undefined) return false;
      now = Math.max(now, next.dueAt);
      next.wake();
      return true;
    },
  };
}
