import type { ExpectedRun, ExpectedStep, ExpectedValue, JobTest } from "../model/job-test.ts";
import { STEP_RESULTS } from "../model/job-test.ts";
import type { Parsed } from "../model/problem.ts";
import type { EndStatus } from "../model/run.ts";
import { isAbsent, openList, openObject, type Field, type Fields } from "./field.ts";
import { Findings } from "./findings.ts";
import { isPlainObject, ownValue } from "./plain-object.ts";
import { readChoice, readFilledText, readFlag, readMap } from "./read-values.ts";
import { readGiven } from "./test-given.ts";
import { readExpectedRequest } from "./test-requests.ts";
import { readPattern } from "./pattern-field.ts";
import { readExpectedMatcher, readExpectedValue } from "./test-values.ts";

const TESTS_MAX = 1_000;
const REQUESTS_MAX = 10_000;

const END_STATUSES: readonly EndStatus[] = ["ok", "error", "cancelled", "unknown", "interrupted"];
const EXPECT_FIELDS = [
  "result",
  "reason_matches",
  "requests",
  "any_order",
  "no_more_requests",
  "steps",
  "vars",
  "took_sec",
] as const;

/**
 * Reads `tests` of a job document, in plain values. Never throws: all that is wrong with them is named, by its place in
 * the document. A document without tests has an empty list of them.
 */
export function parseJobTests(document: unknown): Parsed<readonly JobTest[]> {
  const findings = new Findings({ takesTextNumbers: false, quotesTexts: true });
  const value = isPlainObject(document) ? ownValue(document, "tests") : undefined;
  const elements = openList({ path: "/tests", value, notes: findings }, TESTS_MAX);
  return findings.conclude(elements?.flatMap((element, index) => readTest(element, index) ?? []));
}

function readTest(field: Field, index: number): JobTest | undefined {
  if (isAbsent(field)) {
    field.notes.error(field.path, "must be an object with given and expect");
    return undefined;
  }
  const fields = openObject(field, ["name", "given", "expect"]);
  if (fields === undefined) return undefined;
  const given = readGiven(fields("given"));
  const expected = readExpected(fields("expect"));
  if (given === undefined || expected === undefined) return undefined;
  return { name: readFilledText(fields("name")) ?? `test ${index + 1}`, given, expected };
}

function readExpected(field: Field): ExpectedRun | undefined {
  const fields = openObject(field, EXPECT_FIELDS, "refused");
  if (fields === undefined) return undefined;
  // A test that asks for nothing would always be well.
  if (EXPECT_FIELDS.every((name) => isAbsent(fields(name)))) {
    field.notes.error(field.path, 'says nothing that could fail; write at least "result"');
  }
  return {
    result: readChoice(fields("result"), END_STATUSES),
    reasonMatches: readPattern(fields("reason_matches")),
    requests: readRequests(fields("requests")),
    isAnyOrder: readFlag(fields("any_order")) ?? false,
    noMoreRequests: readFlag(fields("no_more_requests")) ?? true,
    steps: readMap(fields("steps"), readExpectedStep) ?? {},
    vars: readMap<ExpectedValue>(fields("vars"), readExpectedValue) ?? {},
    tookSec: isAbsent(fields("took_sec")) ? undefined : readExpectedMatcher(fields("took_sec")),
  };
}

function readRequests(field: Field): ExpectedRun["requests"] {
  if (isAbsent(field)) return undefined;
  return openList(field, REQUESTS_MAX)?.flatMap((element) => readExpectedRequest(element) ?? []);
}

function readExpectedStep(field: Field): ExpectedStep | undefined {
  const fields = openObject(field, ["result", "status", "attempts", "polls", "error_matches", "items"], "refused");
  if (fields === undefined) return undefined;
  return {
    result: readChoice(fields("result"), STEP_RESULTS),
    status: readExpectedMatcher(fields("status")),
    attempts: readExpectedMatcher(fields("attempts")),
    polls: readExpectedMatcher(fields("polls")),
    errorMatches: readPattern(fields("error_matches")),
    items: readItems(fields("items")),
  };
}

const ITEM_COUNTS = ["total", "ok", "failed", "skipped"] as const;

function readItems(field: Field): ExpectedStep["items"] {
  const fields: Fields<(typeof ITEM_COUNTS)[number]> | undefined = openObject(field, ITEM_COUNTS, "refused");
  if (fields === undefined) return {};
  const counts: { -readonly [Name in keyof ExpectedStep["items"]]: ExpectedStep["items"][Name] } = {};
  for (const name of ITEM_COUNTS) {
    const matcher = readExpectedMatcher(fields(name));
    if (matcher !== undefined) counts[name] = matcher;
  }
  return counts;
}
