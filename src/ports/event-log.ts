import type { FleetEvent } from "../model/event.ts";

/** The `events` collection. Losing one breaks nothing: never throws, never delays. */
export interface EventLog {
  record(event: FleetEvent): void;
  /** Resolves when what was recorded so far is stored or given up. */
  flush(): Promise<void>;
}
