import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";
import { compilePattern } from "./pattern.ts";
import type { Pattern } from "./pattern.ts";
import type { Search } from "./path-search.ts";

/** The arguments of a call, by their place. */
export interface PathArguments extends Pick<Search, "look"> {
  /** `undefined`: nothing. */
  value(index: number): JsonValue | undefined;
  finds(index: number): Iterable<JsonValue>;
}

/** The functions of RFC 9535 (2.4); `undefined` is its `Nothing`. Patterns are those of the linear-time engine. */
export function callPathFunction(name: string, given: PathArguments): JsonValue | undefined {
  switch (name) {
    case "length":
      return lengthOf(given.value(0), given);
    case "count":
      return [...given.finds(0)].length;
    case "value":
      return onlyOf(given.finds(0));
    case "match":
      return isFound(given, (pattern, text) => pattern.isWhole(text));
    case "search":
      return isFound(given, (pattern, text) => pattern.isIn(text));
    default:
      return undefined;
  }
}

/** Of a text its characters, of a list its items, of an object its fields. */
function lengthOf(value: JsonValue | undefined, { look }: PathArguments): number | undefined {
  if (typeof value === "string") {
    look(value.length / 10);
    let characters = 0;
    for (const _character of value) characters++;
    return characters;
  }
  if (value === undefined || value === null || typeof value !== "object" || value instanceof ExactDecimal)
    return undefined;
  if (isList(value)) return value.length;
  const { length } = Object.keys(value);
  look(length);
  return length;
}

function onlyOf(values: Iterable<JsonValue>): JsonValue | undefined {
  let only: JsonValue | undefined;
  for (const value of values) {
    if (only !== undefined) return undefined;
    only = value;
  }
  return only;
}

function isFound(given: PathArguments, test: (pattern: Pattern, text: string) => boolean): boolean {
  const text = given.value(0);
  const written = given.value(1);
  if (typeof text !== "string" || typeof written !== "string") return false;
  const compiled = compilePattern(withLineEnds(written));
  if (!compiled.ok) return false;
  given.look(1 + text.length * (1 + compiled.pattern.size / 50));
  return test(compiled.pattern, text);
}

/** A dot is any character but both line ends (RFC 9485, 5.3); for the engine it is any but `\n`. */
function withLineEnds(pattern: string): string {
  return pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]|\./gsu, (piece) => (piece === "." ? "[^\\n\\r]" : piece));
}
