import type { EpochMs } from "../../model/time.ts";
import type { StoredEvent } from "../../ports/event-reader.ts";

/** A run went on with another agent. */
export interface Handover {
  readonly at: EpochMs;
  readonly fromMachine: string | undefined;
  readonly toMachine: string | undefined;
}

/** Of one run, in order of time; fewer than happened where an event is lost. */
export function handoversOf(run: string, events: readonly StoredEvent[]): readonly Handover[] {
  return events
    .filter((it) => it.type === "run_taken_over" && it.facts["run"] === run)
    .map(({ at, facts }) => ({
      at,
      fromMachine: textIn(facts["from_machine_id"]),
      toMachine: textIn(facts["to_machine_id"]),
    }));
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
