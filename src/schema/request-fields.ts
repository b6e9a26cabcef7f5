import type { HttpAction, HttpMethod } from "../model/job.ts";
import type { Field, Fields } from "./field.ts";
import { readGuard } from "./guard-fields.ts";
import { readJson } from "./json-value.ts";
import { readNumber, readSeconds } from "./numbers.ts";
import { readChoice, readFlag } from "./read-values.ts";
import { readHeaders } from "./request-headers.ts";
import { readParams } from "./request-params.ts";
import { readRequestUrl } from "./request-url.ts";
import { readRetry } from "./retry-fields.ts";
import { namesOf, refuseUnsupported } from "./unsupported-fields.ts";

/** Bounds of `timeout_sec` of one attempt. */
const TIMEOUT_SEC_MIN = 0.1;
const TIMEOUT_SEC_MAX = 3_600;
/** Redirects followed when nothing is said, and at most. */
const REDIRECTS_DEFAULT = 5;
const REDIRECTS_MAX = 30;

const METHODS: readonly HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const SUPPORTED_FIELDS = [
  "method",
  "url",
  "headers",
  "params",
  "body",
  "redirects",
  "timeout_sec",
  "retry",
  "when",
  "continue_on_failure",
] as const;

const UNSUPPORTED_FIELDS = {
  form: "remove it, and send a text body with a Content-Type header",
  auth: "remove it, and send an Authorization header with a secret {{KEY}}",
  expect: "remove it: any 2xx status is a success, all else a failure",
  capture: "remove it",
  sensitive: "remove it",
  until: "remove it, and let the schedule look again",
};

export type RequestFieldName = (typeof SUPPORTED_FIELDS)[number] | keyof typeof UNSUPPORTED_FIELDS;
export const REQUEST_FIELDS: readonly RequestFieldName[] = [...SUPPORTED_FIELDS, ...namesOf(UNSUPPORTED_FIELDS)];

/** What most requests leave out, once for all of them. */
const NOTHING = {};

/** One HTTP request, of an action or of the job itself. */
export function readRequest(fields: Fields<RequestFieldName>, name: string | undefined): HttpAction {
  refuseUnsupported(fields, UNSUPPORTED_FIELDS);
  if (fields("url").value === undefined || fields("url").value === null) {
    fields("url").notes.error(fields("url").path, "is missing; say which URL is requested");
  }
  const method = readMethod(fields("method"));
  return {
    type: "http",
    name,
    method,
    url: readRequestUrl(fields("url")) ?? "",
    headers: readHeaders(fields("headers")) ?? NOTHING,
    params: readParams(fields("params")) ?? NOTHING,
    body: readBody(fields("body"), method),
    timeoutMs: readTimeout(fields("timeout_sec")),
    retry: readRetry(fields("retry")),
    redirects: readNumber(fields("redirects"), { min: 0, max: REDIRECTS_MAX, whole: true }) ?? REDIRECTS_DEFAULT,
    when: readGuard(fields("when")),
    continueOnFailure: readFlag(fields("continue_on_failure")) ?? false,
  };
}

/** `timeout_sec` of one attempt in milliseconds. */
export function readTimeout(field: Field): number | undefined {
  return readSeconds(field, TIMEOUT_SEC_MIN, TIMEOUT_SEC_MAX);
}

function readMethod(field: Field): HttpMethod {
  const { value } = field;
  // Small letters were fine for the original.
  const capital = typeof value === "string" ? value.trim().toUpperCase() : value;
  return (
    readChoice(METHODS.some((method) => method === capital) ? { ...field, value: capital } : field, METHODS) ?? "GET"
  );
}

function readBody(field: Field, method: HttpMethod) {
  if (field.value === null) return undefined;
  const body = readJson(field);
  if (body !== undefined && (method === "GET" || method === "HEAD")) {
    field.notes.warn(field.path, `is not sent with ${method}; choose another method, or use params`);
  }
  return body;
}
