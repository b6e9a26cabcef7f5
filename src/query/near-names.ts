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

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(from: string, to: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
