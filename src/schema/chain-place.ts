import type { Field } from "./field.ts";
import { withNames } from "./findings.ts";
import { ChainNames } from "./names-in-reach.ts";

/** Most actions of a job, those inside others counted: the record of a run must stay far below what MongoDB stores. */
export const ACTIONS_MAX = 1_000;

/** What counts where a list of actions stands. */
export interface ChainPlace {
  readonly names: ChainNames;
  /** How many `for_each` are around it. */
  readonly depth: number;
  readonly runTimeoutMs: number;
  /** Attempts after the first by the job's own `retry`, if it says. */
  readonly jobRetries: number | undefined;
  /** What was read of the job so far. */
  readonly count: { actions: number };
}

/** The place of the chain that each item of a `for_each` gets. */
export function inside(place: ChainPlace): ChainPlace {
  return { ...place, names: new ChainNames(place.names), depth: place.depth + 1 };
}

/** The place of a list that comes after another and can name what that one had. */
export function beside(place: ChainPlace): ChainPlace {
  return { ...place, names: new ChainNames(place.names) };
}

/** The field with the names of a place. */
export function fieldIn(field: Field, { names }: ChainPlace): Field {
  return { ...field, notes: withNames(field.notes, names) };
}
