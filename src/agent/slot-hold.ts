import type { EpochMs } from "../model/time.ts";
import type { Slots } from "./slots.ts";

/**
 * One run's slot, which it gives away while it has nothing to do. Branches of a run (items of a `for_each`) share it: it
 * is given away when some of them wait and none of the others is sending.
 */
export interface SlotHold {
  readonly isHeld: boolean;
  /**
   * True with a slot in hand, at once if there is one; false when the signal aborts first.
   * @param dueAt since when there is something to do; who has waited longer goes first
   */
  take(dueAt: EpochMs, signal: AbortSignal): Promise<boolean>;
  /** A branch has a request under way, from here to `endSend`. */
  beginSend(): void;
  endSend(): void;
  /** A branch has nothing to do, from here to `endRest`. */
  beginRest(): void;
  endRest(): void;
  /** At the end of the run. Safe to repeat. */
  free(): void;
}

export function createSlotHold(slots: Slots, isHeld: boolean): SlotHold {
  let has = isHeld;
  let sending = 0;
  let resting = 0;
  let taking: Promise<boolean> | undefined;

  function free(): void {
    if (has) slots.free();
    has = false;
  }

  function freeIfIdle(): void {
    if (resting > 0 && sending === 0) free();
  }

  return {
    get isHeld() {
      return has;
    },
    async take(dueAt, signal) {
      // One branch asks for all of them; when it gives up, the next asks for itself.
      while (!has && !signal.aborted) {
        taking ??= slots.take(dueAt, signal);
        const awaited = taking;
        const isTaken = await awaited;
        if (taking !== awaited) continue;
        taking = undefined;
        has = isTaken;
      }
      return has;
    },
    beginSend() {
      sending++;
    },
    endSend() {
      sending--;
      freeIfIdle();
    },
    beginRest() {
      resting++;
      freeIfIdle();
    },
    endRest() {
      resting--;
    },
    free,
  };
}
