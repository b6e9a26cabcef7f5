import { RE2JS, RE2JSSyntaxException } from "re2js";
import { createBoundedCache } from "./bounded-cache.ts";
import { CostlySearchError } from "./costly-search-error.ts";
import type { Effort } from "./effort.ts";
import { spend } from "./effort.ts";

/** A regular expression of the linear-time engine, in RE2 syntax. */
export interface Pattern {
  /** Its instructions, with repeats written out. */
  readonly size: number;
  /**
   * The leftmost find in a text: the whole of it, then its groups (empty where a group took no part).
   * @param effort shared with other searches in the same answer
   * @throws {CostlySearchError} for a large pattern on a long text; so do the other two
   */
  find(text: string, effort?: Effort): readonly string[] | undefined;
  /** Whether it is found. */
  isIn(text: string, effort?: Effort): boolean;
  /** Whether it is all of the text. */
  isWhole(text: string): boolean;
}

export type CompiledPattern =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly error: string };

/** Longest pattern. */
export const PATTERN_LENGTH_MAX = 512;
/** Most instructions that a pattern may come to with its repeats written out; the time for a text grows with them. */
const INSTRUCTIONS_MAX = 600;
/** Patterns of up to so many instructions take any text; */
const SMALL_INSTRUCTIONS_MAX = 100;
/** larger ones only as much that instructions times characters stay below this: about two seconds at worst. */
const WORK_MAX = 100_000_000;
const KEPT_PATTERNS = 200;

const kept = createBoundedCache<CompiledPattern>(KEPT_PATTERNS);

/**
 * Reads a regular expression. The time that it takes on a text grows with the length of both, never faster, so it has
 * neither lookaround nor backreferences. The error says in plain words what is wrong.
 */
export function compilePattern(text: string): CompiledPattern {
  if (text.length > PATTERN_LENGTH_MAX) {
    return { ok: false, error: `the pattern is longer than ${PATTERN_LENGTH_MAX} characters` };
  }
  return kept.get(text, () => compile(text));
}

function compile(text: string): CompiledPattern {
  try {
    const engine = RE2JS.compile(text);
    if (engine.programSize() > INSTRUCTIONS_MAX) {
      return { ok: false, error: `the pattern ${text} is too large with its repeats written out; repeat less often` };
    }
    return { ok: true, pattern: patternOf(engine, text) };
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return { ok: false, error: inWords(text, error.message) };
    throw error;
  }
}

function patternOf(engine: RE2JS, written: string): Pattern {
  const size = engine.programSize();
  const begin = (text: string, effort?: Effort) => {
    spend(effort, size * text.length);
    if (size <= SMALL_INSTRUCTIONS_MAX || size * text.length <= WORK_MAX) return engine.matcher(text);
    throw new CostlySearchError(
      `the pattern ${written} is too large for a text of ${text.length} characters; repeat less often in it`,
    );
  };
  return {
    size,
    find(text, effort) {
      const matcher = begin(text, effort);
      if (!matcher.find()) return undefined;
      return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? "");
    },
    isIn: (text, effort) => begin(text, effort).find(),
    isWhole: (text) => begin(text).matches(),
  };
}

function inWords(text: string, message: string): string {
  const reason = message.replace(/^error parsing regexp: /, "");
  if (/\(\?<?[=!]/.test(text)) return `the pattern ${text} uses lookaround, which the linear-time engine does not have`;
  if (/\\[1-9]/.test(text))
    return `the pattern ${text} uses a backreference, which the linear-time engine does not have`;
  return `the pattern ${text} can't be read: ${reason}`;
}
