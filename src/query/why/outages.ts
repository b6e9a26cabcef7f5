import type { EpochMs } from "../../model/time.ts";
import type { StoredEvent } from "../../ports/event-reader.ts";

/** A stretch in which MongoDB did not answer a machine, as that machine told afterwards. */
export interface Outage {
  readonly machineId: string;
  readonly hostname: string;
  readonly since: EpochMs;
  readonly until: EpochMs;
}

/** Those that touch a window, both ends included, in order of their beginning. */
export function outagesIn(events: readonly StoredEvent[], from: EpochMs, upTo: EpochMs): readonly Outage[] {
  return events
    .flatMap((it) => outageOf(it) ?? [])
    .filter((it) => it.since <= upTo && it.until >= from)
    .sort((a, b) => a.since - b.since);
}

function outageOf({ type, facts }: StoredEvent): Outage | undefined {
  const since = Date.parse(String(facts["since"]));
  const until = Date.parse(String(facts["until"]));
  if (type !== "database_away" || Number.isNaN(since) || Number.isNaN(until)) return undefined;
  const machineId = String(facts["machine_id"] ?? "");
  const hostname = String(facts["hostname"] ?? machineId);
  return { machineId, hostname, since: since as EpochMs, until: until as EpochMs };
}
