import { MINUTE_MS } from "./time.ts";

/** What the `on_failure` and `finally` of a run may take after it was cancelled or has timed out. */
export const CLEANING_MS_MAX = 10 * MINUTE_MS;
