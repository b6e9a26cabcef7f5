import type { Action, ForEachAction, Guard, HttpAction, Until } from "../../model/action.ts";
import { exactLength } from "../../model/exact-length.ts";
import { jsonText } from "../../model/json-text.ts";
import type { JsonValue } from "../../model/json.ts";
import { matcherWords, rulesWords } from "../../rehearsal/rule-words.ts";
import { cellText } from "../print/cell-text.ts";

/** What an action does, in a line, as written: `GET https://…`, `for each host in {{vars.hosts}}, 4 at a time`. */
export function actionWords(action: Action): string {
  switch (action.type) {
    case "http":
      return `${action.method} ${action.url}`;
    case "for_each":
      return forEachWords(action);
    case "sleep":
      if (action.until !== undefined) return `sleep until ${action.until}`;
      return `sleep ${typeof action.for === "number" ? exactLength(action.for) : `${action.for} s`}`;
    case "job": {
      const names = Object.keys(action.vars);
      return `job ${action.job}${names.length === 0 ? "" : ` with ${names.join(", ")}`}`;
    }
  }
}

/** On what terms: when at all, until when, what it keeps. Empty for an action that says none of it. */
export function termWords(action: Action): string {
  const terms = [
    ...guardWords(action.when),
    ...(action.type === "http" ? requestWords(action) : []),
    ...(action.continueOnFailure ? ["a failure ends nothing"] : []),
  ];
  return terms.join("; ");
}

function forEachWords({ in: items, as, concurrency }: ForEachAction): string {
  const list = Array.isArray(items) ? `${items.length} items` : valueWords(items);
  return `for each ${as} in ${list}, ${concurrency === 1 ? "one after the other" : `${concurrency} at a time`}`;
}

function guardWords({ hourIn, minuteIn, if: conditions = [] }: Guard): readonly string[] {
  const at = (name: string, numbers: readonly number[] | undefined): readonly string[] =>
    numbers === undefined ? [] : [numbers.length === 0 ? "never" : `only at ${name} ${numbers.join(", ")}`];
  const values = conditions.map(({ value, matcher }) => `only if ${valueWords(value)} is ${matcherWords(matcher)}`);
  return [...at("hour", hourIn), ...at("minute", minuteIn), ...values];
}

function requestWords(action: HttpAction): readonly string[] {
  const { auth, expect, until, capture } = action;
  const { retries, delayMs } = action.retry;
  const attempts = retries === undefined ? [] : [retries === 0 ? "one attempt" : `${retries + 1} attempts`];
  return [
    ...(auth === undefined ? [] : [auth.type]),
    ...attempts.map((it) => (delayMs === undefined || retries === 0 ? it : `${it}, ${exactLength(delayMs)} apart`)),
    ...(expect === undefined ? [] : [`expects ${rulesWords(expect)}`]),
    ...(until === undefined ? [] : [untilWords(until)]),
    ...(capture === undefined ? [] : [`captures ${Object.keys(capture).join(", ")}`]),
    ...(action.sensitive === true ? ["its answer is not stored"] : []),
  ];
}

function untilWords({ rules, everyMs, timeoutMs }: Until): string {
  return `again every ${exactLength(everyMs)} until ${rulesWords(rules)}, for at most ${exactLength(timeoutMs)}`;
}

/** A list of texts reads as they stand, all else as JSON. */
function valueWords(value: JsonValue): string {
  const isTemplate = typeof value === "string" && value.startsWith("{{");
  return cellText(isTemplate ? value : jsonText(value));
}
