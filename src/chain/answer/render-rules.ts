import { renderMatcher } from "../../expression/matcher.ts";
import { compilePattern } from "../../expression/pattern.ts";
import { renderText } from "../../expression/render-text.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import type { AnswerRules, Matcher, PathRule } from "../../model/matcher.ts";

/**
 * Fills in the templates of what rules compare with. Paths and schemas stay as they are. A pattern that is wrong with its
 * values in it is an error, so that nothing is sent whose answer can't be judged.
 */
export function renderRules(rules: AnswerRules, scope: Scope): Rendered<AnswerRules> {
  const headers = renderHeaders(rules.headers, scope);
  if (!headers.ok) return headers;
  const json = renderPaths(rules.json, scope);
  if (!json.ok) return json;
  const bodyMatches = renderPattern(rules.bodyMatches, scope);
  if (!bodyMatches.ok) return bodyMatches;
  return {
    ok: true,
    value: {
      ...rules,
      ...(headers.value === undefined ? {} : { headers: headers.value }),
      ...(json.value === undefined ? {} : { json: json.value }),
      ...(bodyMatches.value === undefined ? {} : { bodyMatches: bodyMatches.value }),
    },
  };
}

function renderHeaders(headers: AnswerRules["headers"], scope: Scope): Rendered<AnswerRules["headers"]> {
  if (headers === undefined) return { ok: true, value: undefined };
  // No prototype, so that a header called `__proto__` is one like any other.
  const all = Object.create(null) as Record<string, Matcher>;
  for (const [name, matcher] of Object.entries(headers)) {
    const rendered = renderMatcher(matcher, scope);
    if (!rendered.ok) return rendered;
    all[name] = rendered.value;
  }
  return { ok: true, value: all };
}

function renderPaths(rules: AnswerRules["json"], scope: Scope): Rendered<AnswerRules["json"]> {
  if (rules === undefined) return { ok: true, value: undefined };
  const all: PathRule[] = [];
  for (const { path, matcher } of rules) {
    const rendered = renderMatcher(matcher, scope);
    if (!rendered.ok) return rendered;
    all.push({ path, matcher: rendered.value });
  }
  return { ok: true, value: all };
}

function renderPattern(pattern: string | undefined, scope: Scope): Rendered<string | undefined> {
  if (pattern === undefined) return { ok: true, value: undefined };
  const rendered = renderText(pattern, scope, "text");
  if (!rendered.ok) return rendered;
  const compiled = compilePattern(rendered.value);
  return compiled.ok ? rendered : { ok: false, error: compiled.error };
}
