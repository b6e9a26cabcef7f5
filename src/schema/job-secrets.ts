import { templatesIn } from "../expression/template.ts";
import type { Action, HttpAction } from "../model/action.ts";
import type { Job } from "../model/job.ts";
import { ExactDecimal } from "../model/json.ts";
import type { AnswerRules } from "../model/matcher.ts";

/** The secrets that a job names anywhere, each once, in the order of the alphabet; those of jobs that it calls are theirs. */
export function secretsOfJob(job: Pick<Job, "actions" | "onFailure" | "finally" | "vars" | "tls">): readonly string[] {
  const actions = [...job.actions, ...(job.onFailure ?? []), ...(job.finally ?? [])];
  const texts = [...textsIn(job.vars), ...textsIn(job.tls), ...actions.flatMap(textsOf)];
  const names = texts.flatMap((text) =>
    text.includes("{{") ? templatesIn(text).flatMap((it) => (it.kind === "secret" ? [it.name] : [])) : [],
  );
  return [...new Set(names)].sort();
}

/** The texts of an action that are rendered. */
function textsOf(action: Action): readonly string[] {
  const guard = textsIn(action.when.if);
  switch (action.type) {
    case "http":
      return [...guard, ...textsOfRequest(action)];
    case "for_each":
      return [
        ...guard,
        ...textsIn(action.in),
        ...[...action.actions, ...action.onFailure, ...action.finally].flatMap(textsOf),
      ];
    case "sleep":
      return [...guard, ...textsIn([action.for, action.until])];
    case "job":
      return [...guard, ...textsIn(action.vars)];
  }
}

function textsOfRequest(action: HttpAction): readonly string[] {
  const { url, headers, params, body, form, multipart, bodyBase64, auth, expect, until } = action;
  return [
    ...textsIn([url, headers, params, body, form, multipart, bodyBase64, auth]),
    ...textsOfRules(expect),
    ...textsOfRules(until?.rules),
  ];
}

function textsOfRules(rules: AnswerRules | undefined): readonly string[] {
  return rules === undefined ? [] : textsIn([rules.headers, rules.json?.map((it) => it.matcher), rules.bodyMatches]);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || value instanceof ExactDecimal) return [];
  return Object.values(value).flatMap((inner: unknown) => textsIn(inner));
}
