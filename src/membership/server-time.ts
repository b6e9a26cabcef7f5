import type { EpochMs } from "../model/time.ts";
import type { Moment } from "./trust.ts";

/** How far the server's clock may run ahead of what was expected before it is doubted. */
const CLOCK_DOUBT_MS = 60_000;

/** The server's clock beside our own at one moment. */
export interface TimeSample {
  readonly server: EpochMs;
  readonly own: Moment;
  /** How long the round trip took: the server may have read its clock at any moment of it. */
  readonly uncertainMs: number;
}

/** A sample from one round trip; the server's reading is taken to lie in its middle. */
export function sampleOf(server: EpochMs, sent: Moment, received: Moment): TimeSample {
  const half = (received.monotonic - sent.monotonic) / 2;
  return {
    server,
    own: {
      monotonic: (received.monotonic - half) as Moment["monotonic"],
      wall: (received.wall - half) as Moment["wall"],
    },
    uncertainMs: elapsedBetween(sent, received),
  };
}

/**
 * What the server's clock shows at `now`, going on from a sample at our own pace. After a sleep of the machine it is
 * behind until the next sample, which makes it late, never early.
 */
export function serverTimeAt(sample: TimeSample, now: Moment): EpochMs {
  return Math.round(sample.server + now.monotonic - sample.own.monotonic) as EpochMs;
}

/** How far our wall clock is ahead of the server's; negative when behind. */
export function clockOffsetMs(sample: TimeSample): number {
  return Math.round(sample.own.wall - sample.server);
}

/**
 * Whether a reading of the server's clock may be planned with. It is doubted when it leaps ahead of our own pace and
 * our wall clock shows nothing of the kind: planning with it would record a stretch of the future as past. A process
 * that was stopped during a round trip knows little from it, so its next reading is not doubted for that.
 */
export function isDoubtful(last: TimeSample, server: EpochMs, now: Moment): boolean {
  const expected = last.server + elapsedBetween(last.own, now);
  const isAhead = server - expected > CLOCK_DOUBT_MS + last.uncertainMs;
  const ownClockAgrees = Math.abs(now.wall - server) <= CLOCK_DOUBT_MS;
  return isAhead && !ownClockAgrees;
}

/** The larger of both clocks, so that a machine's sleep counts. */
function elapsedBetween(earlier: Moment, later: Moment): number {
  return Math.max(0, later.monotonic - earlier.monotonic, later.wall - earlier.wall);
}
