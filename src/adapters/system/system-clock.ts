import type { EpochMs, MonotonicMs } from "../../model/time.ts";
import type { Clock } from "../../ports/clock.ts";

/** Longest delay of one timer; Node fires at once beyond it. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The clocks and timers of this machine. A sleeper keeps the process alive. */
export function createSystemClock(): Clock {
  const monotonicNow = () => performance.now() as MonotonicMs;

  return {
    wallNow: () => Date.now() as EpochMs,
    monotonicNow,

    async sleep(durationMs, signal) {
      const dueAt = monotonicNow() + durationMs;
      for (;;) {
        const leftMs = dueAt - monotonicNow();
        // Written so that NaN does not sleep either.
        if (!(leftMs > 0) || signal?.aborted === true) return;
        await passTime(Math.min(leftMs, TIMER_MS_MAX), signal);
      }
    },
  };
}

function passTime(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, Math.ceil(durationMs));
    signal?.addEventListener("abort", wake, { once: true });
  });
}
