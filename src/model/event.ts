/** What people want to read back about the fleet. */
type FleetEventType =
  | "leader_changed"
  | "machine_joined"
  | "machine_left"
  | "machine_fenced"
  | "session_reaped"
  | "job_invalid"
  | "occurrences_missed"
  | "run_taken_over"
  | "clock_doubt"
  | "command_done";

export interface FleetEvent {
  readonly type: FleetEventType;
  /** One plain sentence. */
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}
