import type { JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";
import type { Matcher } from "../model/matcher.ts";
import { compareTexts } from "./compare-texts.ts";
import { CostlySearchError } from "./costly-search-error.ts";
import type { Effort } from "./effort.ts";
import { spend } from "./effort.ts";
import { compareNumbers, isNumber } from "./exact-number.ts";
import { compilePattern } from "./pattern.ts";
import { quote } from "./quote.ts";
import { renderText } from "./render-text.ts";
import { renderValue } from "./render-value.ts";
import { isSameValue } from "./same-value.ts";
import type { Rendered, Scope } from "./scope.ts";

const VALUE_OPERANDS = ["equals", "notEquals", "in", "notIn", "gt", "gte", "lt", "lte"] as const;

/** The matcher with the templates of its operands filled in. */
export function renderMatcher(matcher: Matcher, scope: Scope): Rendered<Matcher> {
  const rendered: { -readonly [K in keyof Matcher]: Matcher[K] } = {};
  for (const operand of VALUE_OPERANDS) {
    const value = matcher[operand];
    if (value === undefined) continue;
    const filled = renderValue(value, scope);
    if (!filled.ok) return filled;
    rendered[operand] = filled.value;
  }
  if (matcher.matches !== undefined) {
    const filled = renderText(matcher.matches, scope, "text");
    if (!filled.ok) return filled;
    rendered.matches = filled.value;
  }
  if (matcher.exists !== undefined) rendered.exists = matcher.exists;
  return { ok: true, value: rendered };
}

/** What it takes to compare two values, in steps of the pattern engine. */
const STEPS_PER_COMPARISON = 10;

/**
 * Why a value does not match, as a sentence without its subject (`is 500, expected 200`); `undefined` when it matches.
 * Nothing at all is unequal to everything and matches no comparison and no pattern. The words may hold a secret.
 * @param value `undefined`: nothing is there
 * @param matcher with its templates filled in
 * @param effort shared with all else that is asked of the same answer
 */
export function mismatch(value: JsonValue | undefined, matcher: Matcher, effort?: Effort): string | undefined {
  const { exists } = matcher;
  if (exists === false && value !== undefined) return `is ${quote(value)}, expected nothing there`;
  if (exists === true && value === undefined) return "is missing";
  try {
    spend(effort, STEPS_PER_COMPARISON * (lengthOf(matcher.in) + lengthOf(matcher.notIn) + 1));
    return unequal(value, matcher) ?? outOfOrder(value, matcher) ?? withoutFind(value, matcher, effort);
  } catch (error) {
    if (error instanceof CostlySearchError) return `can't be matched: ${error.message}`;
    throw error;
  }
}

function lengthOf(list: JsonValue | undefined): number {
  return list !== undefined && isList(list) ? list.length : 0;
}

function unequal(value: JsonValue | undefined, { equals, notEquals, in: list, notIn }: Matcher): string | undefined {
  if (equals !== undefined && !isEqual(value, equals)) return `${what(value)}, expected ${quote(equals)}`;
  if (notEquals !== undefined && isEqual(value, notEquals)) return `${what(value)}, expected anything else`;
  if (list !== undefined) {
    if (!isList(list)) return `can't be compared: "in" is ${quote(list)} and no list`;
    if (!list.some((item) => isEqual(value, item))) return `${what(value)}, expected one of ${quote(list)}`;
  }
  if (notIn !== undefined) {
    if (!isList(notIn)) return `can't be compared: "not_in" is ${quote(notIn)} and no list`;
    if (notIn.some((item) => isEqual(value, item))) return `${what(value)}, expected none of ${quote(notIn)}`;
  }
  return undefined;
}

const COMPARISONS = [
  { operand: "gt", words: "more than", holds: (order: number) => order > 0 },
  { operand: "gte", words: "at least", holds: (order: number) => order >= 0 },
  { operand: "lt", words: "less than", holds: (order: number) => order < 0 },
  { operand: "lte", words: "at most", holds: (order: number) => order <= 0 },
] as const;

function outOfOrder(value: JsonValue | undefined, matcher: Matcher): string | undefined {
  for (const { operand, words, holds } of COMPARISONS) {
    const limit = matcher[operand];
    if (limit === undefined) continue;
    const order = value === undefined ? undefined : orderOf(value, limit);
    if (order === undefined && value !== undefined)
      return `is ${quote(value)}, which can't be compared with ${quote(limit)}`;
    if (order === undefined || !holds(order)) return `${what(value)}, expected ${words} ${quote(limit)}`;
  }
  return undefined;
}

function withoutFind(
  value: JsonValue | undefined,
  { matches }: Matcher,
  effort: Effort | undefined,
): string | undefined {
  if (matches === undefined) return undefined;
  const compiled = compilePattern(matches);
  if (!compiled.ok) return `can't be matched: ${compiled.error}`;
  if (value === undefined) return `is missing, expected a text that matches ${matches}`;
  if (typeof value !== "string") return `is ${quote(value)}, expected a text that matches ${matches}`;
  return compiled.pattern.isIn(value, effort) ? undefined : `is ${quote(value)}, which does not match ${matches}`;
}

function isEqual(value: JsonValue | undefined, other: JsonValue): boolean {
  return value !== undefined && isSameValue(value, other);
}

/** Numbers with numbers and texts with texts; of all else there is no order. */
function orderOf(value: JsonValue, limit: JsonValue): number | undefined {
  if (isNumber(value) && isNumber(limit)) return compareNumbers(value, limit);
  return typeof value === "string" && typeof limit === "string" ? compareTexts(value, limit) : undefined;
}

function what(value: JsonValue | undefined): string {
  return value === undefined ? "is missing" : `is ${quote(value)}`;
}
