import type { JsonValue } from "../model/json.ts";
import type { ExpectedValue } from "../model/job-test.ts";
import type { Matcher } from "../model/matcher.ts";
import { isAbsent, type Field } from "./field.ts";
import { readLiteralJson } from "./json-value.ts";
import { MATCHER_FIELDS, type MatcherFieldName } from "./matcher-fields.ts";
import { readPattern } from "./pattern-field.ts";
import { emptyMap, isPlainObject } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { readFlag } from "./read-values.ts";

const MODEL_NAMES: Readonly<Record<Exclude<MatcherFieldName, "exists" | "matches">, keyof Matcher>> = {
  equals: "equals",
  not_equals: "notEquals",
  in: "in",
  not_in: "notIn",
  gt: "gt",
  gte: "gte",
  lt: "lt",
  lte: "lte",
};

/**
 * What a test expects of a value: a matcher, or else the value itself. Nothing in it is a template. `undefined` when
 * nothing is said, or when it is wrong (and then there is a problem); null is a value.
 */
export function readExpectedMatcher(field: Field): Matcher | undefined {
  if (field.value === undefined) return undefined;
  if (saysMatchers(field.value)) return readMatchers(field, field.value);
  const equals = readLiteralJson(field);
  return equals === undefined ? undefined : { equals };
}

/** The same at any depth: matchers may stand inside of objects and lists. */
export function readExpectedValue(field: Field): ExpectedValue | undefined {
  const { value, path, notes } = field;
  // Once for the whole, so that what can't be JSON is named with its place, however deep it lies.
  if (value === undefined || readLiteralJson(field) === undefined) return undefined;
  return valueAt(value, path);

  function valueAt(inner: unknown, at: string): ExpectedValue {
    const here: Field = { path: at, value: inner, notes };
    if (saysMatchers(inner)) return { kind: "matcher", matcher: readMatchers(here, inner) };
    if (Array.isArray(inner)) {
      const items = inner as readonly unknown[];
      return { kind: "list", items: items.map((item, index) => valueAt(item ?? null, pointerTo(at, index))) };
    }
    if (!isPlainObject(inner)) return { kind: "matcher", matcher: { equals: readLiteralJson(here) ?? null } };
    const fields = emptyMap<ExpectedValue>();
    for (const [key, each] of Object.entries(inner)) {
      if (each !== undefined) fields[key] = valueAt(each, pointerTo(at, key));
    }
    return { kind: "object", fields };
  }
}

function saysMatchers(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) return false;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => (MATCHER_FIELDS as readonly string[]).includes(name));
}

function readMatchers(field: Field, object: Readonly<Record<string, unknown>>): Matcher {
  const matcher: { -readonly [Name in keyof Matcher]: Matcher[Name] } = {};
  for (const name of MATCHER_FIELDS) {
    const inner: Field = { path: pointerTo(field.path, name), value: object[name], notes: field.notes };
    if (inner.value === undefined) continue;
    if (name === "exists") {
      const exists = readFlag(inner);
      if (exists !== undefined) matcher.exists = exists;
      else if (isAbsent(inner)) inner.notes.error(inner.path, "must be true or false");
    } else if (name === "matches") {
      const pattern = readPattern(inner);
      if (pattern !== undefined) matcher.matches = pattern;
      else if (isAbsent(inner)) inner.notes.error(inner.path, "must be a regular expression");
    } else {
      const operand = readLiteralJson(inner);
      if (operand === undefined) continue;
      if ((name === "in" || name === "not_in") && !Array.isArray(operand)) {
        inner.notes.error(inner.path, "must be a list of values");
        continue;
      }
      Object.assign(matcher, { [MODEL_NAMES[name]]: operand satisfies JsonValue });
    }
  }
  return matcher;
}
