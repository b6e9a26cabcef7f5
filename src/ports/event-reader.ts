import type { FleetEvent, FleetEventType } from "../model/event.ts";
import type { JobId } from "../model/job.ts";
import type { EpochMs } from "../model/time.ts";

/** An event as it is kept. */
export interface StoredEvent extends FleetEvent {
  /** When it happened, by the server's clock. */
  readonly at: EpochMs;
}

export interface EventQuery {
  readonly types: readonly FleetEventType[];
  /** Only events whose fact `job_id` is this. */
  readonly jobId?: JobId;
  /** Only what happened then or later. */
  readonly from?: EpochMs;
  /** Only what happened then or earlier. */
  readonly upTo?: EpochMs;
  /** Which of them when there are more than `limit`. */
  readonly prefer: "earliest" | "latest";
  readonly limit: number;
}

/** The `events` collection, for people to read. It may lack any event: nothing is decided by it. */
export interface EventReader {
  /** In order of time. */
  find(query: EventQuery): Promise<readonly StoredEvent[]>;
  /** When the oldest event that is kept happened; `undefined` when there is none. */
  oldest(): Promise<EpochMs | undefined>;
}
