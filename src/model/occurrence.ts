import type { EpochMs } from "./time.ts";

/** One moment at which a job is due. */
export interface Occurrence {
  readonly scheduledFor: EpochMs;
  /**
   * What makes it the same occurrence for every machine: the UTC minute (`2026-11-21T05:30Z`) of a recurring schedule,
   * the wall time and zone (`2026-11-21T14:30[Asia/Seoul]`) of a fixed one, so that other zone data make no second key.
   */
  readonly key: string;
  /** The wall time at `scheduledFor` with its offset: `2026-03-29T03:00:00+02:00`. */
  readonly local: string;
  /** Hour and minute of `local`. */
  readonly hour: number;
  readonly minute: number;
  /** Why it is not at the time that was written, in words, e.g. `02:30 does not exist that day`. */
  readonly note: string | undefined;
  /**
   * Set when a change of the zone by more than 3 hours jumped over the time asked for (30 December 2011 in Samoa): it
   * has no run and is recorded as missed. `scheduledFor` is then the first minute after the change, `note` says why.
   */
  readonly neverExisted?: true;
}
