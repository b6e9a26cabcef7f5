import { randomUUID } from "node:crypto";
import type { Chance } from "../../ports/chance.ts";

/** The randomness of this machine. */
export function createSystemChance(): Chance {
  return { uuid: () => randomUUID(), fraction: () => Math.random() };
}
