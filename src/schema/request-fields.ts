import type { HttpAction } from "../model/action.ts";
import type { Field, Fields } from "./field.ts";
import { readConduct } from "./action-base.ts";
import { readExpect } from "./answer-rule-fields.ts";
import { readAuth } from "./auth-fields.ts";
import { BODY_FIELDS, readBody } from "./body-fields.ts";
import { readCaptures } from "./capture-fields.ts";
import type { ChainPlace } from "./chain-place.ts";
import { readHttpMethod } from "./http-method.ts";
import { readNumber, readSeconds } from "./numbers.ts";
import { readFlag } from "./read-values.ts";
import { readHeaders } from "./request-headers.ts";
import { readParams } from "./request-params.ts";
import { readRequestUrl } from "./request-url.ts";
import { readRetry } from "./retry-fields.ts";
import { said } from "./said.ts";
import { readUntil } from "./until-fields.ts";

/** Bounds of `timeout_sec` of one attempt. */
const TIMEOUT_SEC_MIN = 0.1;
const TIMEOUT_SEC_MAX = 3_600;
/** Redirects followed when nothing is said, and at most. */
const REDIRECTS_DEFAULT = 5;
const REDIRECTS_MAX = 30;

export const REQUEST_FIELDS = [
  "method",
  "url",
  "headers",
  "params",
  ...BODY_FIELDS,
  "auth",
  "redirects",
  "timeout_sec",
  "retry",
  "when",
  "expect",
  "capture",
  "until",
  "sensitive",
  "continue_on_failure",
] as const;
export type RequestFieldName = (typeof REQUEST_FIELDS)[number];

/** What most requests leave out, once for all of them. */
const NOTHING = {};

/** One HTTP request, of an action or of the job itself. */
export function readRequest(fields: Fields<RequestFieldName>, name: string | undefined, place: ChainPlace): HttpAction {
  if (fields("url").value === undefined || fields("url").value === null) {
    fields("url").notes.error(fields("url").path, "is missing; say which URL is requested");
  }
  const method = readHttpMethod(fields("method")) ?? "GET";
  const conduct = readConduct(fields);
  const url = readRequestUrl(fields("url")) ?? "";
  const headers = readHeaders(fields("headers")) ?? NOTHING;
  const params = readParams(fields("params")) ?? NOTHING;
  const body = readBody(fields, method);
  const auth = readAuth(fields("auth"));
  const retry = readRetry(fields("retry"));
  noteAuth(fields, { auth, headers, retries: retry.retries ?? place.jobRetries });
  const expect = readExpect(fields("expect"));
  return {
    type: "http",
    name,
    ...conduct,
    method,
    url,
    headers,
    params,
    ...body,
    timeoutMs: readTimeout(fields("timeout_sec")),
    retry,
    redirects: readNumber(fields("redirects"), { min: 0, max: REDIRECTS_MAX, whole: true }) ?? REDIRECTS_DEFAULT,
    ...said({
      auth,
      expect,
      until: readUntil(fields("until"), expect, place.runTimeoutMs),
      capture: readCaptures(fields("capture")),
      sensitive: readFlag(fields("sensitive")),
    }),
  };
}

interface AuthNotes {
  readonly auth: HttpAction["auth"];
  readonly headers: HttpAction["headers"];
  readonly retries: number | undefined;
}

function noteAuth(fields: Fields<"auth">, { auth, headers, retries }: AuthNotes): void {
  const { path, notes } = fields("auth");
  if (auth === undefined) return;
  if (Object.keys(headers).some((name) => name.toLowerCase() === "authorization")) {
    notes.error(path, "stands beside an Authorization header; keep one of the two");
  }
  if (auth.type === "oauth2" && retries === 0) {
    const remedy = "with a retry a fresh token is fetched";
    notes.warn(path, `has no retry, so a kept token that is refused meanwhile ends the step as an error; ${remedy}`);
  }
}

/** `timeout_sec` of one attempt in milliseconds. */
export function readTimeout(field: Field): number | undefined {
  return readSeconds(field, TIMEOUT_SEC_MIN, TIMEOUT_SEC_MAX);
}
