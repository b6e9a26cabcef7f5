import { templatesIn } from "../expression/template.ts";
import type { Action, HttpAction } from "../model/action.ts";
import type { Job } from "../model/job.ts";
import type { AnswerRules } from "../model/matcher.ts";

/** The secrets that a job names anywhere, each once, in the order of the alphabet; those of jobs that it calls are theirs. */
export function secretsOfJob(job: Pick<Job, "actions" | "onFailure" | "finally" | "vars" | "tls">): readonly string[] {
  const actions = [...job.actions, ...(job.onFailure ?? []), ...(job.finally ?? [])];
  const templates = templatesIn([job.vars, job.tls, actions.map(renderedParts)]);
  return [...new Set(templates.flatMap((it) => (it.kind === "secret" ? [it.name] : [])))].sort();
}

/** What of an action is rendered. */
function renderedParts(action: Action): readonly unknown[] {
  const guard = action.when.if;
  switch (action.type) {
    case "http":
      return [guard, ...renderedPartsOfRequest(action)];
    case "for_each":
      return [guard, action.in, ...[...action.actions, ...action.onFailure, ...action.finally].map(renderedParts)];
    case "sleep":
      return [guard, action.for, action.until];
    case "job":
      return [guard, action.vars];
  }
}

function renderedPartsOfRequest(action: HttpAction): readonly unknown[] {
  const { url, headers, params, body, form, multipart, bodyBase64, auth, expect, until } = action;
  const rules = [expect, until?.rules].map(renderedPartsOfRules);
  return [url, headers, params, body, form, multipart, bodyBase64, auth, rules];
}

function renderedPartsOfRules(rules: AnswerRules | undefined): readonly unknown[] {
  return [rules?.headers, rules?.json?.map((it) => it.matcher), rules?.bodyMatches];
}
