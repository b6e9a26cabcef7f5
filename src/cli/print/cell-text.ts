import { visible } from "./visible.ts";

/** Longer texts would push the columns behind them out of sight. */
const CELL_CHARACTERS_MAX = 60;

const segmenter = new Intl.Segmenter();

/**
 * Free text from outside, such as a name or a reason, as a table shows it: made safe, and cut when it is long. Not for
 * ids: people copy them.
 */
export function cellText(text: string, charactersMax = CELL_CHARACTERS_MAX): string {
  const safe = visible(text);
  if (safe.length <= charactersMax) return safe;
  // What a reader takes for one character is never cut through.
  const characters = Array.from(segmenter.segment(safe), (it) => it.segment);
  return characters.length <= charactersMax ? safe : `${characters.slice(0, charactersMax - 1).join("")}…`;
}
