import { editDistance } from "./edit-distance.ts";

/** From this length on, a name may be two slips away from the one that was meant. */
const LONG_NAME_LENGTH = 8;

/**
 * The known name that was probably meant: one slip away (a letter missing, added, wrong, or two swapped), two for names
 * of 8 letters and more. Capitals do not count.
 */
export function nearName(name: string, known: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly slips: number } | undefined;
  for (const candidate of known) {
    const allowed = candidate.length >= LONG_NAME_LENGTH ? 2 : 1;
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const slips = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { name: candidate, slips };
  }
  return best?.name;
}
