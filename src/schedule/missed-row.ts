import type { Occurrence } from "../model/occurrence.ts";
import type { EpochMs } from "../model/time.ts";

/** Up to this many misses in a row are settled one by one. */
const SINGLE_MISSES_MAX = 100;

/** One occurrence or a stretch of them that get no run. */
export interface Missed {
  readonly verdict: "missed";
  /** The first of the stretch; its key is the key of the record. */
  readonly occurrence: Occurrence;
  /** Time of the last of the stretch; the occurrence's own when it is one. */
  readonly last: EpochMs;
  readonly count: number;
  /** In plain words. */
  readonly reason: string;
}

interface Single {
  readonly occurrence: Occurrence;
  readonly reason: string;
}

/**
 * Collects misses that follow each other; holds at most 100 of them and then only what they have in common. A time that
 * never existed stands for itself: it shares its minute with others, and what is behind a stretch is told by its time.
 */
export interface MissedRow {
  add(occurrence: Occurrence, reason: string): void;
  /** The settlements of the row, which ends here. */
  end(): readonly Missed[];
}

export function createMissedRow(): MissedRow {
  let singles: Single[] = [];
  let last: Occurrence | undefined;
  let count = 0;
  const reasons = new Set<string>();
  let done: Missed[] = [];

  function endStretch(): void {
    done.push(...(count > SINGLE_MISSES_MAX ? stretchOf(singles, last, count, reasons) : singles.map(missedOnce)));
    singles = [];
    last = undefined;
    count = 0;
    reasons.clear();
  }

  return {
    add(occurrence, reason) {
      if (occurrence.neverExisted !== undefined) {
        endStretch();
        done.push(missedOnce({ occurrence, reason }));
        return;
      }
      if (count < SINGLE_MISSES_MAX) singles.push({ occurrence, reason });
      last = occurrence;
      count++;
      reasons.add(reason);
    },
    end() {
      endStretch();
      const settlements = done;
      done = [];
      return settlements;
    },
  };
}

function missedOnce({ occurrence, reason }: Single): Missed {
  return { verdict: "missed", occurrence, last: occurrence.scheduledFor, count: 1, reason };
}

function stretchOf(
  [first]: readonly Single[],
  last: Occurrence | undefined,
  count: number,
  reasons: ReadonlySet<string>,
): Missed[] {
  if (first === undefined || last === undefined) return [];
  const reason = [...reasons].join("; ");
  return [{ verdict: "missed", occurrence: first.occurrence, last: last.scheduledFor, count, reason }];
}
