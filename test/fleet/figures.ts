import { HOUR_MS } from "../../src/model/time.ts";
import type { Played } from "./play.ts";

/** What many seeds came to. */
export interface Figures {
  add(played: Played): void;
  /** One line. */
  readonly line: string;
  readonly seedsWithViolations: number;
}

export function createFigures(): Figures {
  let seeds = 0;
  let virtualMs = 0;
  let faults = 0;
  let runs = 0;
  let sends = 0;
  let judged = 0;
  let violations = 0;
  let seedsWithViolations = 0;
  return {
    add(played) {
      seeds++;
      virtualMs += played.virtualMs;
      faults += Object.values(played.faults).reduce((sum, it) => sum + it, 0);
      runs += played.runs;
      sends += played.sends;
      judged += played.judged;
      violations += played.violations.length;
      if (played.violations.length > 0) seedsWithViolations++;
    },
    get line() {
      const hours = (virtualMs / HOUR_MS).toFixed(1);
      return `seeds ${seeds}, virtual hours ${hours}, faults ${faults}, runs ${runs}, sends ${sends}, effects judged ${judged}, violations ${violations}`;
    },
    get seedsWithViolations() {
      return seedsWithViolations;
    },
  };
}
