import { StoreUnavailableError } from "../model/errors.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Chance } from "../ports/chance.ts";
import type { Log } from "../ports/log.ts";
import { backoffMs } from "./backoff.ts";

/** Whether MongoDB answers, said once when it changes and not with every failed try. */
export interface DatabaseHealth {
  /** Repeats the operation until MongoDB answers; `undefined` when the signal aborts first. Other errors pass through. */
  untilAnswered<T>(operation: () => Promise<T>, signal: AbortSignal): Promise<T | undefined>;
}

export interface DatabaseHealthDeps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  /**
   * Longest pause between two tries while MongoDB is away; 5 s. An agent that holds a lease pauses no longer than between
   * two heartbeats: when MongoDB is back, the others watch from that moment on.
   */
  readonly longestPauseMs?: number;
  /** Told of each outage once it is over. */
  readonly onBack?: (awayMs: number) => void;
}

export function createDatabaseHealth(deps: DatabaseHealthDeps): DatabaseHealth {
  const { clock, chance, log, longestPauseMs = 5 * SECOND_MS, onBack = () => {} } = deps;
  let degradedSince: number | undefined;

  function failed(err: StoreUnavailableError): void {
    if (degradedSince !== undefined) return log.debug("MongoDB still does not answer", { event: "degraded", err });
    degradedSince = clock.monotonicNow();
    log.warn("MongoDB does not answer; nothing is sent until it does, and everything due is caught up afterwards", {
      event: "degraded",
      err,
    });
  }

  function answered(): void {
    if (degradedSince === undefined) return;
    const awayMs = clock.monotonicNow() - degradedSince;
    degradedSince = undefined;
    log.info("MongoDB answers again", { event: "recovered", away_ms: Math.round(awayMs) });
    onBack(awayMs);
  }

  return {
    async untilAnswered(operation, signal) {
      for (let failures = 1; !signal.aborted; failures++) {
        try {
          const result = await operation();
          answered();
          return result;
        } catch (err) {
          if (!(err instanceof StoreUnavailableError)) throw err;
          failed(err);
          await clock.sleep(backoffMs(failures, longestPauseMs, chance), signal);
        }
      }
      return undefined;
    },
  };
}
