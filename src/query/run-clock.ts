import { type EpochMs, MINUTE_MS } from "../model/time.ts";
import type { SayClock } from "./step-words.ts";

/**
 * Says moments of a run on the clock that its wall time stands on: `14:32:10`, with its date where that is not today's.
 * @param local wall time with its offset; without one it is UTC
 */
export function runClock(local: string, now: EpochMs): SayClock {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(local) ?? [];
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS;
  const wall = (at: EpochMs) => new Date(at + offsetMs).toISOString();
  const today = wall(now).slice(0, 10);
  return (at) => {
    const [date = "", time = ""] = wall(at).split("T");
    return date === today ? time.slice(0, 8) : `${date} ${time.slice(0, 8)}`;
  };
}
