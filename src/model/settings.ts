import type { LeaseTiming } from "./member.ts";

/** What must not depend on which machine leads; stored with the fleet. */
export interface FleetSettings {
  /** The zone of jobs that name none. */
  readonly zone: string;
  /** Serials run from 1 to this. */
  readonly maxSerial: number;
  readonly lease: LeaseTiming;
}
