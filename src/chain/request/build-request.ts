import type { HttpAction } from "../model/job.ts";
import type { JsonObject } from "../model/json.ts";
import type { HttpRequest } from "../ports/http-client.ts";
import { jsonText } from "./json-text.ts";
import { queryText, withQuery } from "./query-text.ts";
import { renderJson } from "./render-json.ts";
import { renderText } from "./template.ts";
import type { Rendered, Scope } from "./template.ts";
import { wellFormed } from "./unicode.ts";

const CONTROL = /\p{Cc}/u;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_HEADER_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

/**
 * The request that an action asks for, with its templates filled in, or in plain words why there is none.
 * The error may hold a secret: redact it before it is stored.
 */
export function buildRequest(
  action: HttpAction,
  scope: Scope,
  timeoutMs: number,
  maxBodyBytes: number,
): Rendered<HttpRequest> {
  const url = renderUrl(action, scope);
  if (!url.ok) return url;
  const headers = renderHeaders(action, scope);
  if (!headers.ok) return headers;
  const body = renderBody(action, scope);
  if (!body.ok) return body;
  if (body.value?.isJson === true && !hasHeader(headers.value, "content-type")) {
    headers.value["content-type"] = "application/json";
  }
  return {
    ok: true,
    value: {
      method: action.method,
      url: url.value,
      headers: headers.value,
      body: body.value?.text,
      timeoutMs,
      redirects: action.redirects,
      maxBodyBytes,
    },
  };
}

/** True when a header of this lower-case name is there in whatever case. */
export function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === name);
}

function renderUrl(action: HttpAction, scope: Scope): Rendered<string> {
  const text = renderText(action.url, scope, "url");
  if (!text.ok) return text;
  const params = renderJson(action.params, scope);
  if (!params.ok) return params;
  const full = withQuery(text.value.trim(), queryText(params.value as JsonObject));
  // `new URL` would silently take tabs and line breaks out.
  if (CONTROL.test(full)) return { ok: false, error: "the URL holds a control character or a line break" };
  if (!URL.canParse(full))
    return { ok: false, error: `"${full}" is not a URL: it must begin with http:// or https://` };
  const url = new URL(full);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { ok: false, error: "the URL is of another kind: only http:// and https:// can be requested" };
  }
  if (url.username !== "" || url.password !== "") {
    return { ok: false, error: "the URL holds a user name or password: send them in an Authorization header" };
  }
  return { ok: true, value: url.href };
}

function renderHeaders(action: HttpAction, scope: Scope): Rendered<Record<string, string>> {
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, template] of Object.entries(action.headers)) {
    if (!HEADER_NAME.test(name)) return { ok: false, error: `"${name}" can't be the name of a header` };
    const rendered = renderText(template, scope, "text");
    if (!rendered.ok) return rendered;
    const unfit = NOT_IN_HEADER_VALUE.exec(rendered.value)?.[0];
    if (unfit !== undefined) return { ok: false, error: unfitHeader(name, unfit) };
    headers[name] = rendered.value;
  }
  return { ok: true, value: headers };
}

function unfitHeader(name: string, character: string): string {
  if (CONTROL.test(character)) return `the value of header "${name}" holds a line break or another control character`;
  return `the value of header "${name}" holds a character outside Latin-1: encode it first`;
}

interface Body {
  readonly text: string;
  readonly isJson: boolean;
}

function renderBody(action: HttpAction, scope: Scope): Rendered<Body | undefined> {
  const hasBody = action.method !== "GET" && action.method !== "HEAD";
  if (!hasBody || action.body === undefined || action.body === null) return { ok: true, value: undefined };
  const rendered = renderJson(action.body, scope);
  if (!rendered.ok) return rendered;
  if (typeof rendered.value === "string") {
    return { ok: true, value: { text: wellFormed(rendered.value), isJson: false } };
  }
  return { ok: true, value: { text: jsonText(rendered.value), isJson: true } };
}
