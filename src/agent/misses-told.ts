import type { MachineRecord } from "../ports/machine-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { Log } from "../ports/log.ts";
import { type EpochMs, isoSeconds } from "../model/time.ts";
import type { Missed } from "../schedule/missed-row.ts";

/** What was recorded as missed for one machine, told in one line and one event however many jobs it has. */
export interface MissesTold {
  readonly add: (missed: Missed) => void;
  tell(to: { readonly log: Log; readonly events: EventLog }): void;
}

export function createMissesTold({ machineId, hostname }: MachineRecord): MissesTold {
  let records = 0;
  let count = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let reason = "";
  return {
    add(missed) {
      records++;
      count += missed.count;
      first = Math.min(first, missed.occurrence.scheduledFor);
      last = Math.max(last, missed.last);
      reason = missed.reason;
    },
    tell({ log, events }) {
      if (records === 0) return;
      const from = isoSeconds(first as EpochMs);
      const until = isoSeconds(last as EpochMs);
      const facts = { machine_id: machineId, hostname, first: from, last: until, count, records, reason };
      log.warn("occurrences were missed by a machine", { event: "missed", ...facts });
      const message = `${hostname} missed ${count} occurrences of jobs that run on every machine, from ${from} to ${until}: ${reason}`;
      events.record({ type: "occurrences_missed", message, facts });
    },
  };
}
