import type { Clock } from "../ports/clock.ts";

/** Longest stretch of work before other work of this process gets its turn: heartbeats come first. */
const BUSY_MS_MAX = 20;

/** Work over many jobs that is broken off now and then, to be asked after each of them. */
export interface Breather {
  /** True when it has gone on for too long; then `rest` is to be waited for. */
  isDue(): boolean;
  rest(): Promise<void>;
}

export function createBreather(clock: Pick<Clock, "monotonicNow" | "sleep">): Breather {
  let busySince = clock.monotonicNow();
  return {
    isDue: () => clock.monotonicNow() - busySince >= BUSY_MS_MAX,
    async rest() {
      await clock.sleep(0);
      busySince = clock.monotonicNow();
    },
  };
}
