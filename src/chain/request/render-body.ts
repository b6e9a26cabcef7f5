import { renderText } from "../../expression/render-text.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import type { HttpAction } from "../../model/action.ts";
import type { JsonObject } from "../../model/json.ts";
import { jsonText } from "../../model/json-text.ts";
import { wellFormed } from "../../model/unicode.ts";
import { base64Bytes } from "../../model/base64.ts";
import { multipartBody } from "./multipart-body.ts";
import { queryText } from "./query-text.ts";
import type { RequestBody } from "./request-body.ts";

/** The body of an action with its templates filled in. GET and HEAD send none, and null is none. */
export function renderBody(action: HttpAction, scope: Scope): Rendered<RequestBody | undefined> {
  if (action.method === "GET" || action.method === "HEAD") return NONE;
  if (action.form !== undefined) return formBody(action.form, scope);
  if (action.multipart !== undefined) return multipartBody(action.multipart, scope);
  if (action.bodyBase64 !== undefined) return bytesBody(action.bodyBase64, scope);
  return plainBody(action, scope);
}

const NONE = { ok: true, value: undefined } as const;

/** A text goes out raw and without a content type, everything else as JSON. */
function plainBody({ body }: HttpAction, scope: Scope): Rendered<RequestBody | undefined> {
  if (body === undefined) return NONE;
  const rendered = renderValue(body, scope);
  if (!rendered.ok) return rendered;
  const { value } = rendered;
  if (value === null) return NONE;
  if (typeof value === "string") return { ok: true, value: { content: wellFormed(value), contentType: undefined } };
  return { ok: true, value: { content: jsonText(value), contentType: "application/json" } };
}

function formBody(form: JsonObject, scope: Scope): Rendered<RequestBody> {
  const rendered = renderValue(form, scope);
  if (!rendered.ok) return rendered;
  const content = queryText(rendered.value as JsonObject);
  return { ok: true, value: { content, contentType: "application/x-www-form-urlencoded" } };
}

function bytesBody(template: string, scope: Scope): Rendered<RequestBody> {
  const rendered = renderText(template, scope, "text");
  if (!rendered.ok) return rendered;
  const bytes = base64Bytes(rendered.value);
  if (bytes === undefined) return { ok: false, error: "body_base64 is not base64" };
  return { ok: true, value: { content: bytes, contentType: "application/octet-stream" } };
}
