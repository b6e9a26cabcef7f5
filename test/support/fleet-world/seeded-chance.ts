import type { Chance } from "../../../src/ports/chance.ts";

/** The same numbers for the same seed: mulberry32. */
export function createSeededChance(seed: number): Chance {
  let state = seed >>> 0;
  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(fraction() * 16).toString(16)).join("");
  return { fraction, uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}` };
}

/** A whole number from `min` to `max`, both inclusive. */
export function between(chance: Chance, min: number, max: number): number {
  return min + Math.floor(chance.fraction() * (max - min + 1));
}
