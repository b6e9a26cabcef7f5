import type { Brand } from "./brand.ts";

/** Milliseconds since the Unix epoch, UTC. */
export type EpochMs = Brand<number, "EpochMs">;
/** Milliseconds on a clock that never jumps; only differences mean anything. */
export type MonotonicMs = Brand<number, "MonotonicMs">;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Half-open `(after, upTo]`, so consecutive windows neither overlap nor leave a gap. */
export interface TimeWindow {
  readonly after: EpochMs;
  readonly upTo: EpochMs;
}

/** An instant as ISO 8601 in UTC without milliseconds: `2026-03-29T01:00:00Z`. */
export function isoSeconds(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
