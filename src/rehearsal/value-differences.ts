import { mismatch } from "../expression/matcher.ts";
import type { ExpectedValue } from "../model/job-test.ts";
import type { JsonObject, JsonValue } from "../model/json.ts";
import { ExactDecimal } from "../model/json.ts";
import { isList, jsonText } from "../model/json-text.ts";
import type { Matcher } from "../model/matcher.ts";
import { matcherWords } from "./rule-words.ts";

/** One thing that came otherwise than a test expects. */
export interface Difference {
  /** What it is about, e.g. `request 2, header authorization`. */
  readonly about: string;
  readonly expected: string;
  readonly got: string;
}

export function matcherDifference(
  about: string,
  matcher: Matcher,
  value: JsonValue | undefined,
): readonly Difference[] {
  if (mismatch(value, matcher) === undefined) return [];
  return [{ about, expected: matcherWords(matcher), got: value === undefined ? "nothing" : jsonText(value) }];
}

/** Each place at which a value is otherwise, with its path. */
export function valueDifferences(
  about: string,
  expected: ExpectedValue,
  value: JsonValue | undefined,
): readonly Difference[] {
  switch (expected.kind) {
    case "matcher":
      return matcherDifference(about, expected.matcher, value);
    case "list":
      return listDifferences(about, expected.items, value);
    case "object":
      return objectDifferences(about, expected.fields, value);
  }
}

function listDifferences(
  about: string,
  items: readonly ExpectedValue[],
  value: JsonValue | undefined,
): readonly Difference[] {
  if (value === undefined || !isList(value)) return [otherKind(about, `a list of ${items.length}`, value)];
  const inner = items.flatMap((item, index) =>
    index < value.length ? valueDifferences(`${about}[${index}]`, item, value[index]) : [],
  );
  if (items.length === value.length) return inner;
  return [...inner, { about, expected: `${items.length} elements`, got: `${value.length}: ${jsonText(value)}` }];
}

function objectDifferences(
  about: string,
  fields: Readonly<Record<string, ExpectedValue>>,
  value: JsonValue | undefined,
): readonly Difference[] {
  if (value === undefined || !isObject(value)) return [otherKind(about, "an object", value)];
  const inner = Object.entries(fields).flatMap(([name, expected]) =>
    valueDifferences(`${about}.${name}`, expected, Object.hasOwn(value, name) ? value[name] : undefined),
  );
  const others = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
  const extra = others.map((name) => ({
    about: `${about}.${name}`,
    expected: "nothing",
    got: jsonText(value[name] ?? null),
  }));
  return [...inner, ...extra];
}

function otherKind(about: string, expected: string, value: JsonValue | undefined): Difference {
  return { about, expected, got: value === undefined ? "nothing" : jsonText(value) };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value) && !(value instanceof ExactDecimal);
}
