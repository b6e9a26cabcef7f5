import type { EpochMs, MonotonicMs } from "../../src/model/time.ts";
import type { Clock } from "../../src/ports/clock.ts";

/** A clock whose time passes only when a test says so. */
export interface FakeClock extends Clock {
  /** Passes time in order of wake-ups, letting each sleeper run before the next wakes. */
  advance(durationMs: number): Promise<void>;
  /** Moves wall time only, as an operator or NTP would. */
  jumpWallClock(byMs: number): void;
  /** How many sleep. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly dueAt: number;
  readonly wake: () => void;
}

export function createFakeClock(start: { readonly wall?: number; readonly monotonic?: number } = {}): FakeClock {
  let wall = start.wall ?? 0;
  let monotonic = start.monotonic ?? 0;
  const sleepers = new Set<Sleeper>();

  function pass(durationMs: number): void {
    wall += durationMs;
    monotonic += durationMs;
  }

  async function advance(durationMs: number): Promise<void> {
    const end = monotonic + durationMs;
    for (;;) {
      await new Promise<void>((settle) => setImmediate(settle));
      const next = [...sleepers].sort((a, b) => a.dueAt - b.dueAt)[0];
      if (next === undefined || next.dueAt > end) break;
      pass(Math.max(0, next.dueAt - monotonic));
      next.wake();
    }
    pass(end - monotonic);
  }

  function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { dueAt: monotonic + Math.max(0, durationMs), wake };
      sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  return {
    wallNow: () => wall as EpochMs,
    monotonicNow: () => monotonic as MonotonicMs,
    sleep,
    advance,
    jumpWallClock: (byMs) => {
      wall += byMs;
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}
