import { CostlySearchError } from "../../expression/costly-search-error.ts";
import type { Effort } from "../../expression/effort.ts";
import { compilePattern } from "../../expression/pattern.ts";

export type FoundPattern =
  /** The whole find, then its groups; `undefined`: it is not in the text. */
  { readonly ok: true; readonly found: readonly string[] | undefined } | { readonly ok: false; readonly error: string };

/** What a regular expression finds in a text, or why that can't be told. */
export function findPattern(pattern: string, text: string, effort: Effort): FoundPattern {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) return compiled;
  try {
    return { ok: true, found: compiled.pattern.find(text, effort) };
  } catch (error) {
    if (error instanceof CostlySearchError) return { ok: false, error: error.message };
    throw error;
  }
}
