import type { EpochMs } from "../model/time.ts";

/** The server's time as one run sees it: it never goes back, so what has come does not lie ahead again. */
export interface RunTime {
  now(): EpochMs;
  /** A moment has come, by whichever clock: a wait for it is over. */
  reach(at: EpochMs): void;
}

export function createRunTime(serverNow: () => EpochMs): RunTime {
  let latest = serverNow();
  return {
    now() {
      latest = Math.max(latest, serverNow()) as EpochMs;
      return latest;
    },
    reach(at) {
      latest = Math.max(latest, at) as EpochMs;
    },
  };
}
