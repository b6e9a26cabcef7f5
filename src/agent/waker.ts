import type { Clock } from "../ports/clock.ts";

/** A sleep that somebody else can end early. A wake-up during the work before counts for the next sleep. */
export interface Waker {
  wake(): void;
  /** Resolves after the time, at a wake-up, or when the signal aborts. */
  wait(durationMs: number, signal: AbortSignal): Promise<void>;
}

export function createWaker(clock: Clock): Waker {
  let woken = false;
  let endSleep: (() => void) | undefined;
  return {
    wake() {
      woken = true;
      endSleep?.();
    },
    async wait(durationMs, signal) {
      if (!woken) {
        const early = new AbortController();
        endSleep = () => early.abort();
        signal.addEventListener("abort", endSleep, { once: true });
        if (!signal.aborted) await clock.sleep(durationMs, early.signal);
        signal.removeEventListener("abort", endSleep);
        endSleep = undefined;
      }
      woken = false;
    },
  };
}
