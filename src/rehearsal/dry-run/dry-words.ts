import { retryPolicy } from "../../chain/answer/retry.ts";
import type { HttpAction } from "../../model/action.ts";
import type { HttpDefaults } from "../../model/config.ts";
import { exactLength } from "../../model/exact-length.ts";
import type { Job } from "../../model/job.ts";
import type { AnswerRules } from "../../model/matcher.ts";
import { matcherWords } from "../value-differences.ts";

/** What a request does beside being sent. */
export function requestNotes(action: HttpAction, job: Job, defaults: HttpDefaults): readonly string[] {
  const { expect, until, capture } = action;
  const captured = Object.keys(capture ?? {});
  return [
    attemptsNote(action, job, defaults),
    ...(expect === undefined ? [] : [`expects ${rulesWords(expect)}`]),
    ...(until === undefined
      ? []
      : [
          `repeated every ${exactLength(until.everyMs)} until ${rulesWords(until.rules)}, for ${exactLength(until.timeoutMs)} at most`,
        ]),
    ...(captured.length === 0 ? [] : [`captures ${captured.join(", ")}`]),
    ...(action.continueOnFailure ? ["the chain goes on when it fails"] : []),
  ];
}

function attemptsNote(action: HttpAction, job: Job, defaults: HttpDefaults): string {
  const { retries, delayMs, backoff } = retryPolicy(action, job, defaults);
  if (retries === 0) return "sent once at most";
  const pauses = backoff > 1 && retries > 1 ? `pauses from ${exactLength(delayMs)}` : `${exactLength(delayMs)} apart`;
  return `up to ${retries + 1} attempts, ${pauses}`;
}

function rulesWords(rules: AnswerRules): string {
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
