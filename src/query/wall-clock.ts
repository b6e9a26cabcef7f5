import type { EpochMs } from "../model/time.ts";
import { localOccurrence } from "../schedule/local-occurrence.ts";
import { readTime } from "../schedule/read-time.ts";

/**
 * A moment as the clocks of a zone show it, with the key of its occurrence.
 * @throws {RangeError} when this machine knows no such zone
 */
export function wallTime(at: EpochMs, zone: string) {
  const { local, hour, minute, key } = localOccurrence(at, zone);
  return { local, hour, minute, key };
}

/** The moment that a text in a chain names; `undefined`: none. */
export function namedTime(text: string, after: EpochMs, zone: string): EpochMs | undefined {
  return readTime(text, after, zone);
}
