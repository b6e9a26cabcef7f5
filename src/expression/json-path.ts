import { JSONPathEnvironment, JSONPathError } from "json-p3";
import type { JSONPathQuery } from "json-p3";
import type { JsonValue } from "../model/json.ts";
import { createBoundedCache } from "./bounded-cache.ts";
import { CostlySearchError } from "./costly-search-error.ts";
import type { Effort } from "./effort.ts";
import { spend } from "./effort.ts";
import type { Search } from "./path-search.ts";
import { withPlainNumbers } from "./path-numbers.ts";
import { walk } from "./path-walk.ts";

/** An RFC 9535 JSONPath. */
interface JsonPath {
  /** It can find one thing at most: it has names and places alone. */
  readonly isSingular: boolean;
  /**
   * All finds in the order of the document; the very values, exact numbers unharmed.
   * @param effort shared with other searches in the same value
   * @throws {CostlySearchError} when it looks at too many things: a path that goes through all of a large value for each part of it
   */
  find(value: JsonValue, effort?: Effort): readonly JsonValue[];
}

export type CompiledPath =
  | { readonly ok: true; readonly path: JsonPath }
  | { readonly ok: false; readonly error: string };

/** Longest path. */
export const PATH_LENGTH_MAX = 1000;
/** Most places of a value that one search looks at, so that none takes longer than seconds. */
const LOOKS_MAX = 5_000_000;
/** A look takes as long as so many steps of the pattern engine. */
const STEPS_PER_LOOK = 40;
const KEPT_PATHS = 200;

const kept = createBoundedCache<CompiledPath>(KEPT_PATHS);
const environment = new JSONPathEnvironment();

/** Reads a path; the error says in plain words what is wrong with it. */
export function compilePath(text: string): CompiledPath {
  if (text.length > PATH_LENGTH_MAX)
    return { ok: false, error: `the path is longer than ${PATH_LENGTH_MAX} characters` };
  return kept.get(text, () => compile(text));
}

function compile(text: string): CompiledPath {
  try {
    return { ok: true, path: pathOf(environment.compile(withPlainNumbers(text))) };
  } catch (error) {
    if (!(error instanceof JSONPathError)) throw error;
    return { ok: false, error: `the path ${text} can't be read: ${error.message}` };
  }
}

function pathOf(query: JSONPathQuery): JsonPath {
  return { isSingular: query.singularQuery(), find: (value, effort) => findAll(query, value, effort) };
}

/** json-p3 only reads paths; it does not walk them for us because it knows neither exact numbers nor a limit. */
function findAll(query: JSONPathQuery, value: JsonValue, effort: Effort | undefined): readonly JsonValue[] {
  spend(effort, 0);
  let looks = 0;
  const search: Search = {
    root: value,
    look(places) {
      looks += places;
      if (effort !== undefined) effort.left -= places * STEPS_PER_LOOK;
      if (looks > LOOKS_MAX) {
        throw new CostlySearchError(
          `the path looks at more than ${LOOKS_MAX} places of this JSON; write out more of the way, or leave out ".." and filters within filters`,
        );
      }
    },
    walk: (inner, from) => walk(inner, from, search),
  };
  return [...walk(query, value, search)];
}
