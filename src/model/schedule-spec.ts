/** One way to say when: as people write it, checked for form. */
export type ScheduleEntry =
  /** `hour: null` is every hour. */
  | { readonly kind: "hour_minute"; readonly hour: number | null; readonly minute: number }
  /** Five cron fields, or a nickname such as `@daily`. */
  | { readonly kind: "cron"; readonly text: string }
  /** One ISO time; without an offset it is a wall time in the job's zone. */
  | { readonly kind: "once"; readonly text: string };

/** When a job is due. Times that fall on one minute are one occurrence. */
export interface ScheduleSpec {
  readonly entries: readonly ScheduleEntry[];
  /** IANA zone, canonical; `undefined` means the zone of the fleet. */
  readonly zone: string | undefined;
  /** Inclusive bounds in epoch milliseconds. */
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
}
