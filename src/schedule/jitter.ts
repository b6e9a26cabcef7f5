import { createHash } from "node:crypto";

/** How many values the first six bytes of a hash can have; all of them are exact numbers. */
const FRACTIONS = 2 ** 48;

/**
 * By how much a run starts after its minute: evenly spread over [0, maxMs] and decided by the run's id alone, so that
 * whoever holds the run waits for the same moment.
 */
export function jitterMsOf(runId: string, maxMs: number): number {
  if (maxMs <= 0) return 0;
  const fraction = createHash("sha256").update(runId).digest().readUIntBE(0, 6) / FRACTIONS;
  return Math.floor(fraction * (maxMs + 1));
}
