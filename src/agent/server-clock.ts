import { clockOffsetMs, isDoubtful, type TimeSample, sampleOf, serverTimeAt } from "../membership/server-time.ts";
import type { Moment } from "../membership/trust.ts";
import { type EpochMs, SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { MachineEvidence } from "./machine-evidence.ts";
import { momentOf } from "./moment.ts";

/** The server's time as this agent estimates it; the one time that the whole fleet shares. */
export interface ServerClock {
  now(): EpochMs;
  /** How far this machine's wall clock is ahead of the server's; `null` before the first answer. */
  offsetMs(): number | null;
  /** Takes in the server's time of one answered request. */
  note(server: EpochMs, sent: Moment): void;
  /** The time to plan with after a fresh reading: the reading, or our own pace while the reading is doubted. */
  settle(server: EpochMs, sent: Moment): EpochMs;
}

/** A reading that took longer than this says too little about our own clock to be told. */
const TELLING_MS_MAX = SECOND_MS;

export interface ServerClockDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly evidence: Pick<MachineEvidence, "clockOffset" | "clockDoubted">;
}

export function createServerClock({ clock, log, evidence }: ServerClockDeps): ServerClock {
  let last: TimeSample | undefined;
  let isInDoubt = false;

  function accept(server: EpochMs, sent: Moment): EpochMs {
    const received = momentOf(clock);
    if (last !== undefined && isDoubtful(last, server, received)) {
      const own = serverTimeAt(last, received);
      if (!isInDoubt) {
        isInDoubt = true;
        const facts = { server: new Date(server).toISOString(), expected: new Date(own).toISOString() };
        const message = "the database server's clock leapt ahead of ours; planning at our own pace until they agree";
        log.warn(message, { event: "clock_doubt", ...facts });
        evidence.clockDoubted(message, server, own);
      }
      return own;
    }
    isInDoubt = false;
    last = sampleOf(server, sent, received);
    if (last.uncertainMs <= TELLING_MS_MAX) evidence.clockOffset(clockOffsetMs(last));
    return server;
  }

  return {
    now: () => (last === undefined ? clock.wallNow() : serverTimeAt(last, momentOf(clock))),
    offsetMs: () => (last === undefined ? null : clockOffsetMs(last)),
    note: (server, sent) => void accept(server, sent),
    settle: accept,
  };
}
