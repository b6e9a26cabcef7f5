/** What people want to read back about the fleet; `run why` answers out of it. */
export type FleetEventType =
  | "agent_started"
  | "agent_stopping"
  | "leader_changed"
  | "machine_joined"
  | "machine_left"
  | "machine_fenced"
  | "machine_unfenced"
  | "session_reaped"
  | "clock_offset"
  | "clock_doubt"
  | "database_away"
  | "job_changed"
  | "job_invalid"
  | "occurrences_missed"
  | "run_taken_over"
  | "command_done";

/** Texts, numbers and truths by snake_case names; times are ISO texts in UTC, so that they compare as texts. */
type EventFacts = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Whom or what an event is about stands in its facts: `job_id`, `run`, `machine_id`, `hostname`, `serial`, `session`.
 */
export interface FleetEvent {
  readonly type: FleetEventType;
  /** One plain sentence. */
  readonly message: string;
  readonly facts: EventFacts;
}
