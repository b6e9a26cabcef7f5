import { ExactDecimal, type JsonValue } from "../model/json.ts";
import type { Condition, Matcher } from "../model/matcher.ts";
import { describe, isAbsent, openList, openObject, type Field, type Fields } from "./field.ts";
import { readJson } from "./json-value.ts";
import { readTemplatedPattern } from "./pattern-field.ts";
import { readFlag } from "./read-values.ts";
import { said } from "./said.ts";
import { isOneTemplate } from "./template-check.ts";

export const MATCHER_FIELDS = [
  "equals",
  "not_equals",
  "in",
  "not_in",
  "gt",
  "gte",
  "lt",
  "lte",
  "exists",
  "matches",
] as const;
export type MatcherFieldName = (typeof MATCHER_FIELDS)[number];

/** Most rules or conditions of one list. */
export const RULES_MAX = 100;
/** Most values of `in`. */
const VALUES_MAX = 2_000;

/**
 * What a value must be. One that says nothing would hold for everything, which nobody means.
 * @param field what the matcher stands in
 */
export function readMatcher(fields: Fields<MatcherFieldName>, field: Field): Matcher {
  if (MATCHER_FIELDS.every((name) => !isSaid(name, fields(name)))) {
    field.notes.error(field.path, `says nothing to compare with; write one of ${MATCHER_FIELDS.join(", ")}`);
  }
  return said({
    // null is a value like any other here.
    equals: readJson(fields("equals")),
    notEquals: readJson(fields("not_equals")),
    in: readValues(fields("in")),
    notIn: readValues(fields("not_in")),
    gt: readOrdered(fields("gt")),
    gte: readOrdered(fields("gte")),
    lt: readOrdered(fields("lt")),
    lte: readOrdered(fields("lte")),
    exists: readFlag(fields("exists")),
    matches: readTemplatedPattern(fields("matches")),
  });
}

function isSaid(name: MatcherFieldName, field: Field): boolean {
  return name === "equals" || name === "not_equals" ? field.value !== undefined : !isAbsent(field);
}

/** `when.if`: values, mostly templates, and what they must be. */
export function readConditions(field: Field): readonly Condition[] | undefined {
  if (isAbsent(field)) return undefined;
  const conditions = openList(field, RULES_MAX)?.flatMap((element) => readCondition(element) ?? []);
  return conditions?.length === 0 ? undefined : conditions;
}

function readCondition(element: Field): Condition | undefined {
  if (isAbsent(element)) {
    element.notes.error(element.path, `must be an object, got ${describe(element)}`);
    return undefined;
  }
  const fields = openObject(element, ["value", ...MATCHER_FIELDS]);
  if (fields === undefined) return undefined;
  const value = fields("value");
  if (value.value === undefined) value.notes.error(value.path, "is missing; write a template such as {{vars.name}}");
  const read = readJson(value);
  const matcher = readMatcher(fields, element);
  return read === undefined ? undefined : { value: read, matcher };
}

function readValues(field: Field): JsonValue | undefined {
  if (isAbsent(field)) return undefined;
  const { value } = field;
  if (Array.isArray(value)) return openList(field, VALUES_MAX) === undefined ? undefined : readJson(field);
  if (typeof value === "string" && isOneTemplate(value)) return readJson(field);
  field.notes.error(field.path, `must be a list, or a template that gives one, got ${describe(field)}`);
  return undefined;
}

function readOrdered(field: Field): JsonValue | undefined {
  if (isAbsent(field)) return undefined;
  const value = readJson(field);
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "string") return value;
  if (value === undefined || value instanceof ExactDecimal) return value;
  field.notes.error(field.path, `must be a number or a text, which have an order, got ${describe(field)}`);
  return undefined;
}
