import type { EpochMs } from "../model/time.ts";

/** The clock of MongoDB: the only one that times of the fleet may be compared with. */
export interface ServerTime {
  now(): Promise<EpochMs>;
}
