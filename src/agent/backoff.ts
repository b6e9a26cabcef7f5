import type { Chance } from "../ports/chance.ts";

/** Pause before try number `failures` + 1: doubling from 200 ms, spread by chance so that a fleet does not come back as one. */
export function backoffMs(failures: number, longestMs: number, chance: Chance): number {
  const full = Math.min(longestMs, 200 * 2 ** Math.min(failures - 1, 10));
  return Math.round(full * (0.5 + chance.fraction() / 2));
}
