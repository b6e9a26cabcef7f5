import type { AnswerRules, Matcher, PathRule } from "../model/matcher.ts";
import { describe, isAbsent, openList, openObject, type Field, type Fields } from "./field.ts";
import { readJsonSchema } from "./json-schema-field.ts";
import { MATCHER_FIELDS, readMatcher, RULES_MAX } from "./matcher-fields.ts";
import { readNumber } from "./numbers.ts";
import { readNeededPath } from "./path-field.ts";
import { readTemplatedPattern } from "./pattern-field.ts";
import { emptyMap } from "./plain-object.ts";
import { readMap } from "./read-values.ts";
import { isHeaderName } from "./request-headers.ts";
import { said } from "./said.ts";
import { readStatusRules } from "./status-rules.ts";
import { checkTemplates } from "./template-check.ts";

/** What `expect` and `until` share. */
export const ANSWER_RULE_FIELDS = ["status", "headers", "json", "body_matches", "schema"] as const;
const EXPECT_FIELDS = [...ANSWER_RULE_FIELDS, "max_ms", "max_bytes", "min_bytes"] as const;

/** Bounds of `max_ms`: as long as an attempt can take. */
const ANSWER_MS_MAX = 3_600_000;
/** No body is read further. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** `expect`: what a good answer is; `undefined` when it says nothing. */
export function readExpect(field: Field): AnswerRules | undefined {
  if (isAbsent(field)) return undefined;
  const fields = openObject(field, EXPECT_FIELDS);
  if (fields === undefined) return undefined;
  const bytes = (name: "max_bytes" | "min_bytes") =>
    readNumber(fields(name), { min: 0, max: BODY_BYTES_MAX, whole: true });
  const rules: AnswerRules = {
    ...readAnswerRules(fields),
    ...said({
      maxMs: readNumber(fields("max_ms"), { min: 1, max: ANSWER_MS_MAX, whole: false }),
      maxBytes: bytes("max_bytes"),
      minBytes: bytes("min_bytes"),
    }),
  };
  if (rules.minBytes !== undefined && rules.maxBytes !== undefined && rules.minBytes > rules.maxBytes) {
    field.notes.error(fields("min_bytes").path, "is more than max_bytes, so no answer would be good");
  }
  return Object.keys(rules).length === 0 ? undefined : rules;
}

/** The rules that are about the answer itself. */
export function readAnswerRules(fields: Fields<(typeof ANSWER_RULE_FIELDS)[number]>): AnswerRules {
  return said({
    status: readStatusRules(fields("status")),
    headers: readHeaderRules(fields("headers")),
    json: readPathRules(fields("json")),
    bodyMatches: readTemplatedPattern(fields("body_matches")),
    schema: readJsonSchema(fields("schema")),
  });
}

function readHeaderRules(field: Field): Readonly<Record<string, Matcher>> | undefined {
  const byName = emptyMap<Matcher>();
  const read = readMap(field, (entry, name) => {
    const lowered = name.toLowerCase();
    if (!isHeaderName(name)) {
      entry.notes.error(entry.path, "is not a header name; use letters, digits and hyphens");
    } else if (Object.hasOwn(byName, lowered)) {
      entry.notes.error(entry.path, "is there twice; header names do not differ by capitals");
    }
    const matcher = readHeaderRule(entry);
    if (matcher !== undefined) byName[lowered] = matcher;
    return matcher;
  });
  return read === undefined || Object.keys(byName).length === 0 ? undefined : byName;
}

function readHeaderRule(entry: Field): Matcher | undefined {
  if (typeof entry.value === "string") {
    return checkTemplates(entry.value, entry.path, entry.notes) ? { equals: entry.value } : undefined;
  }
  if (isAbsent(entry)) return undefined;
  if (typeof entry.value !== "object") {
    entry.notes.error(entry.path, `must be a text or an object such as { "exists": true }, got ${describe(entry)}`);
    return undefined;
  }
  const fields = openObject(entry, MATCHER_FIELDS);
  return fields === undefined ? undefined : readMatcher(fields, entry);
}

function readPathRules(field: Field): readonly PathRule[] | undefined {
  if (isAbsent(field)) return undefined;
  const rules = openList(field, RULES_MAX)?.flatMap((element) => readPathRule(element) ?? []);
  return rules === undefined || rules.length === 0 ? undefined : rules;
}

function readPathRule(element: Field): PathRule | undefined {
  if (isAbsent(element)) {
    element.notes.error(element.path, `must be an object, got ${describe(element)}`);
    return undefined;
  }
  const fields = openObject(element, ["path", ...MATCHER_FIELDS]);
  if (fields === undefined) return undefined;
  const path = readNeededPath(fields("path"));
  const matcher = readMatcher(fields, element);
  return path === undefined ? undefined : { path, matcher };
}
