import { exactLength } from "../model/exact-length.ts";
import { jsonText } from "../model/json-text.ts";
import type { AnswerRules, Matcher } from "../model/matcher.ts";

/** What an answer must be: `status 200 and $.state is "done"`. */
export function rulesWords(rules: AnswerRules): string {
  const { status, headers, json, bodyMatches, schema, maxMs, maxBytes, minBytes } = rules;
  const words = [
    ...(status === undefined ? [] : [`status ${status.join(" or ")}`]),
    ...Object.entries(headers ?? {}).map(([name, matcher]) => `header ${name} is ${matcherWords(matcher)}`),
    ...(json ?? []).map(({ path, matcher }) => `${path} is ${matcherWords(matcher)}`),
    ...(bodyMatches === undefined ? [] : [`a body that matches ${bodyMatches}`]),
    ...(schema === undefined ? [] : ["a body that follows the schema"]),
    ...(maxMs === undefined ? [] : [`an answer within ${exactLength(maxMs)}`]),
    ...(maxBytes === undefined ? [] : [`at most ${maxBytes} bytes`]),
    ...(minBytes === undefined ? [] : [`at least ${minBytes} bytes`]),
  ];
  return words.length === 0 ? "a 2xx status" : words.join(" and ");
}

const OPERATORS = [
  ["notEquals", "not "],
  ["in", "one of "],
  ["notIn", "none of "],
  ["gt", "more than "],
  ["gte", "at least "],
  ["lt", "less than "],
  ["lte", "at most "],
] as const;

/** What a matcher asks for: `"x"`, `at least 3`, `text that matches ^a`. */
export function matcherWords(matcher: Matcher): string {
  const { equals, exists, matches } = matcher;
  const words: string[] = equals === undefined ? [] : [jsonText(equals)];
  for (const [name, operator] of OPERATORS) {
    const operand = matcher[name];
    if (operand !== undefined) words.push(`${operator}${jsonText(operand)}`);
  }
  if (exists !== undefined) words.push(exists ? "any value" : "nothing");
  if (matches !== undefined) words.push(`a text that matches ${matches}`);
  return words.join(" and ");
}
