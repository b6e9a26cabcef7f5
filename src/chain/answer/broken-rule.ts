import { compileSchema } from "../../expression/json-schema.ts";
import { mismatch } from "../../expression/matcher.ts";
import type { AnswerRules, PathRule, StatusRule } from "../../model/matcher.ts";
import { cutWords } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { findPath } from "./find-path.ts";
import { findPattern } from "./find-pattern.ts";

/** Longest path that is repeated in words. */
const PATH_LENGTH_MAX = 100;

/**
 * The first rule that an answer breaks, in plain words with what was found instead, cut short; `undefined`: it keeps
 * them all. The words may hold a secret until redacted. What the rules leave out is not asked, the status neither.
 * @param rules with their templates filled in
 * @param isSensitive true: the words say which rule it is, and nothing out of the answer but its status
 */
export function brokenRule(answer: Answer, rules: AnswerRules, isSensitive = false): string | undefined {
  return brokenStatus(answer, rules) ?? brokenContent(answer, rules, isSensitive);
}

/** The status rule alone. */
export function brokenStatus({ status }: Answer, { status: wanted }: AnswerRules): string | undefined {
  if (wanted === undefined || wanted.some((rule) => allows(rule, status))) return undefined;
  return `HTTP ${status}, expected ${wanted.join(" or ")}`;
}

/** Every rule but that of the status. */
export function brokenContent(answer: Answer, rules: AnswerRules, isSensitive: boolean): string | undefined {
  return (
    brokenHeader(answer, rules, isSensitive) ??
    brokenSize(answer, rules) ??
    brokenPath(answer, rules, isSensitive) ??
    brokenText(answer, rules) ??
    brokenSchema(answer, rules, isSensitive) ??
    brokenTime(answer, rules)
  );
}

function allows(rule: StatusRule, status: number): boolean {
  return typeof rule === "number" ? rule === status : Math.floor(status / 100) === Number(rule[0]);
}

const HIDDEN = "is not as expected (not shown: the step is sensitive)";

function brokenHeader(answer: Answer, { headers = {} }: AnswerRules, isSensitive: boolean): string | undefined {
  for (const [name, matcher] of Object.entries(headers)) {
    const why = mismatch(answer.header(name.toLowerCase()), matcher);
    if (why !== undefined) return `the header ${name} ${isSensitive ? HIDDEN : why}`;
  }
  return undefined;
}

function brokenSize({ text, isCut }: Answer, { maxBytes, minBytes }: AnswerRules): string | undefined {
  if (maxBytes === undefined && minBytes === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  if (maxBytes !== undefined && bytes > maxBytes) {
    return `the body has ${isCut ? "more than " : ""}${bytes} bytes, expected at most ${maxBytes}`;
  }
  if (isCut && (maxBytes !== undefined || bytes < (minBytes ?? 0))) {
    return `the body is too long for its size to be told, ${cutWords(text)}`;
  }
  return minBytes !== undefined && bytes < minBytes
    ? `the body has ${bytes} bytes, expected at least ${minBytes}`
    : undefined;
}

function brokenPath(answer: Answer, { json: rules = [] }: AnswerRules, isSensitive: boolean): string | undefined {
  for (const rule of rules) {
    const why = brokenPathRule(answer, rule, isSensitive);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** An empty body has nothing at any path, and that can be what is expected. */
function brokenPathRule(answer: Answer, { path, matcher }: PathRule, isSensitive: boolean): string | undefined {
  const json = answer.json();
  const name = path.length <= PATH_LENGTH_MAX ? path : `${path.slice(0, PATH_LENGTH_MAX)}…`;
  if (json.kind === "unreadable") return `${name} can't be looked up: ${json.why}`;
  const isEmpty = json.kind === "empty";
  const found = isEmpty ? NOTHING : findPath(path, json.value, answer.effort);
  if (!found.ok) return `${name} can't be looked up: ${found.error}`;
  for (const value of found.finds.length === 0 ? [undefined] : found.finds) {
    const why = mismatch(value, matcher, answer.effort);
    if (why !== undefined) return `${name} ${isSensitive ? HIDDEN : why}${isEmpty ? " (the body is empty)" : ""}`;
  }
  return undefined;
}

const NOTHING = { ok: true, finds: [] } as const;

function brokenText({ text, isCut, effort }: Answer, { bodyMatches }: AnswerRules): string | undefined {
  if (bodyMatches === undefined) return undefined;
  const looked = findPattern(bodyMatches, text, effort);
  if (!looked.ok) return looked.error;
  if (looked.found !== undefined) return undefined;
  // Not cut: half of a secret in it would not be found and redacted.
  return `the body does not match ${bodyMatches}${isCut ? `; ${cutWords(text)}` : ""}`;
}

function brokenSchema(answer: Answer, { schema }: AnswerRules, isSensitive: boolean): string | undefined {
  if (schema === undefined) return undefined;
  const compiled = compileSchema(schema);
  if (!compiled.ok) return compiled.error;
  const json = answer.json();
  if (json.kind === "empty") return "the body is empty, expected JSON that follows the schema";
  if (json.kind === "unreadable") return `the schema can't be looked at: ${json.why}`;
  const why = compiled.check(json.value);
  if (why === undefined) return undefined;
  return `the body does not follow the schema${isSensitive ? " (not shown: the step is sensitive)" : `: ${why}`}`;
}

function brokenTime({ elapsedMs }: Answer, { maxMs }: AnswerRules): string | undefined {
  if (maxMs === undefined || elapsedMs <= maxMs) return undefined;
  return `the answer took ${Math.ceil(elapsedMs)} ms, expected at most ${maxMs} ms`;
}
