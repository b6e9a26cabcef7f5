import { SECOND_MS } from "../model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import type { MachineReporter } from "./machine-reporter.ts";
import type { Membership } from "./membership.ts";
import type { RunRegister } from "./run-register.ts";
import type { RunWriter } from "./run-writer.ts";

/** What settling the last writes and freeing the serial may take beyond the grace for steps. */
const RELEASE_MS_MAX = 5 * SECOND_MS;

export interface ShutdownDeps {
  readonly register: RunRegister | undefined;
  readonly writer: RunWriter;
  readonly membership: Membership;
  /** Ended before the serial is freed: no renewal may follow. */
  readonly heartbeats: AbortController;
  /** Resolves when the membership has taken in that its heartbeats are over. */
  readonly membershipEnd: Promise<void>;
  readonly reporter: MachineReporter;
  readonly events: EventLog;
  readonly stopGraceMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Stops when nothing is claimed any more: steps finish within the grace or are left as stored, every outstanding write
 * is settled, the serial is freed. What can't be settled in time is left to be reaped. Never rejects.
 */
export async function shutDown(deps: ShutdownDeps): Promise<void> {
  const { register, writer, membership, reporter, events, clock, log } = deps;
  log.info("stopping: no run is claimed any more, steps under way may finish", {
    event: "stopping",
    running: register?.size ?? 0,
  });
  const firstReport = report("stopping");
  await withinMs(deps.stopGraceMs, clock, (signal) => register?.whenEmpty(signal));
  register?.stopAll("abandon");
  await withinMs(RELEASE_MS_MAX, clock, async (signal) => {
    await Promise.all([writer.idle(), register?.whenEmpty(signal)]);
  });
  deps.heartbeats.abort();
  await withinMs(RELEASE_MS_MAX, clock, async (signal) => {
    // A serial that was being taken when the stop came is freed too.
    await deps.membershipEnd.catch(() => {});
    await membership.release(signal);
    await firstReport;
    await Promise.all([report("stopped"), events.flush()]);
  });

  function report(state: "stopping" | "stopped"): Promise<void> {
    return reporter.report(state).catch((err: unknown) => log.debug("the report could not be stored", { state, err }));
  }
}

/** Waits for the work, but no longer than this; the signal tells it that nobody waits any more. */
async function withinMs(
  limitMs: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<void> | undefined,
): Promise<void> {
  const limit = new AbortController();
  const limited = clock.sleep(limitMs, limit.signal);
  await Promise.race([work(limit.signal), limited]);
  limit.abort();
}
