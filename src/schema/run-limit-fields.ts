import type { RunLimits } from "../model/config.ts";
import { DAY_MS, SECOND_MS } from "../model/time.ts";
import { openObject, type Field } from "./field.ts";
import { readNumber, readSeconds } from "./numbers.ts";

/** `runs`: how many at once, how long their records stay, how long a stop waits for them. */
export function readRunLimits(field: Field): RunLimits {
  const names = ["max_concurrent", "max_per_host", "keep_ok_days", "keep_failed_days", "stop_grace_sec"] as const;
  const fields = openObject(field, names);
  const count = (name: (typeof names)[number], otherwise: number): number =>
    (fields && readNumber(fields(name), { min: 1, max: 10_000, whole: true })) ?? otherwise;
  const days = (name: (typeof names)[number], otherwise: number): number =>
    Math.round(((fields && readNumber(fields(name), { min: 0, max: 3_650, whole: false })) ?? otherwise) * DAY_MS);
  return {
    maxConcurrent: count("max_concurrent", 64),
    maxPerHost: count("max_per_host", 16),
    keepOkMs: days("keep_ok_days", 7),
    keepFailedMs: days("keep_failed_days", 30),
    stopGraceMs: (fields && readSeconds(fields("stop_grace_sec"), 0, 3_600)) ?? 10 * SECOND_MS,
  };
}
