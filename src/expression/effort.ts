import { CostlySearchError } from "./costly-search-error.ts";

/** What may still be spent on looking for things in one value; counted down by whoever looks. */
export interface Effort {
  left: number;
}

/** Steps of the pattern engine that one answer is worth: seconds, in which nothing else happens on the machine. */
const EFFORT_MAX = 200_000_000;

export function createEffort(): Effort {
  return { left: EFFORT_MAX };
}

/**
 * Counts down before something is looked for. The last search may go beyond what is left, so that a single one is never
 * refused for its part in the whole.
 * @throws {CostlySearchError} when nothing is left
 */
export function spend(effort: Effort | undefined, steps: number): void {
  if (effort === undefined) return;
  if (effort.left <= 0) {
    throw new CostlySearchError(
      "all the paths and patterns for this answer together take too long; use fewer, or write out more of the paths",
    );
  }
  effort.left -= steps;
}
