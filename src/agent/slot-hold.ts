import type { EpochMs } from "../model/time.ts";
import type { Slots } from "./slots.ts";

/** One run's slot, which it gives away while it has nothing to do. */
export interface SlotHold {
  /**
   * True with a slot in hand, at once if there is one; false when the signal aborts first.
   * @param dueAt since when there is something to do; who has waited longer goes first
   */
  take(dueAt: EpochMs, signal: AbortSignal): Promise<boolean>;
  /** Safe to repeat. */
  free(): void;
}

export function createSlotHold(slots: Slots, isHeld: boolean): SlotHold {
  let has = isHeld;
  return {
    async take(dueAt, signal) {
      has ||= await slots.take(dueAt, signal);
      return has;
    },
    free() {
      if (has) slots.free();
      has = false;
    },
  };
}
