import type { ExpectedRequest } from "../model/job-test.ts";
import type { Matcher } from "../model/matcher.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { readHttpMethod } from "./http-method.ts";
import { readNumber } from "./numbers.ts";
import { readFilledText, readMap } from "./read-values.ts";
import { readExpectedMatcher, readExpectedValue } from "./test-values.ts";

const TIMES_MAX = 1_000_000;

/** A request that a test expects. */
export function readExpectedRequest(field: Field): ExpectedRequest | undefined {
  if (isAbsent(field)) {
    field.notes.error(field.path, "must be an object that says what is requested");
    return undefined;
  }
  const fields = openObject(field, ["method", "url", "step", "headers", "body", "json", "times"]);
  if (fields === undefined) return undefined;
  if (fields("body").value !== undefined && fields("json").value !== undefined) {
    field.notes.error(fields("body").path, "stands beside json; keep one of the two");
  }
  return {
    method: readHttpMethod(fields("method")),
    url: readFilledText(fields("url")),
    step: readFilledText(fields("step")),
    headers: readExpectedHeaders(fields("headers")),
    body: readExpectedMatcher(fields("body")),
    json: readExpectedValue(fields("json")),
    times: readNumber(fields("times"), { min: 1, max: TIMES_MAX, whole: true }) ?? 1,
  };
}

function readExpectedHeaders(field: Field): Readonly<Record<string, Matcher>> {
  const headers = readMap(field, readExpectedMatcher) ?? {};
  const lowered: Record<string, Matcher> = Object.create(null) as Record<string, Matcher>;
  for (const [name, matcher] of Object.entries(headers)) lowered[name.toLowerCase()] = matcher;
  return lowered;
}
