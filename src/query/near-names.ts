import { editDistance } from "../model/edit-distance.ts";

/** How many names are suggested. */
const SUGGESTIONS_MAX = 3;
/** Texts longer than this are compared by their beginning, so that no name makes a look-up slow. */
const COMPARED_LENGTH_MAX = 64;

/**
 * The known names that somebody who typed `wanted` may have meant, nearest first: those it begins or is part of, and
 * those at most a third of its letters away.
 */
export function nearNames(wanted: string, known: readonly string[]): readonly string[] {
  const target = wanted.toLowerCase().slice(0, COMPARED_LENGTH_MAX);
  const allowed = Math.max(1, Math.floor(target.length / 3));
  return [...new Set(known)]
    .map((name) => ({ name, distance: nearness(target, name.toLowerCase().slice(0, COMPARED_LENGTH_MAX)) }))
    .filter((it) => it.distance <= allowed)
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, SUGGESTIONS_MAX)
    .map((it) => it.name);
}

function nearness(target: string, name: string): number {
  if (target !== "" && name.includes(target)) return 1;
  return editDistance(target, name);
}
