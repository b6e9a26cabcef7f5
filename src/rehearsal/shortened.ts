import { cutText } from "../model/unicode.ts";

/** A text that ends in "…" where it was longer. */
export function shortened(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${cutText(text, charactersMax, charactersMax)}…`;
}
