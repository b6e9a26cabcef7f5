import type { Chance } from "../ports/chance.ts";

/** Chance that is the same in every rehearsal: no jitter, ids that count up. */
export function deterministicChance(): Chance {
  let made = 0;
  return {
    uuid: () => `00000000-0000-4000-8000-${String(++made).padStart(12, "0")}`,
    fraction: () => 0,
  };
}
