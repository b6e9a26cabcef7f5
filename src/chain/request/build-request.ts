import type { Rendered, Scope } from "../../expression/scope.ts";
import type { HttpAction } from "../../model/action.ts";
import type { TlsOptions } from "../../model/auth.ts";
import type { HttpRequest } from "../../ports/http-client.ts";
import { headerValue, renderHeaders, withHeader } from "./headers.ts";
import { renderBody } from "./render-body.ts";
import type { RequestBody } from "./request-body.ts";
import { renderUrl } from "./request-url.ts";

/** What a request takes from elsewhere than its action. */
export interface RequestLimits {
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** Of the job, its templates filled in. */
  readonly tls?: TlsOptions;
}

/**
 * The request that an action asks for, with its templates filled in and without its `auth`, or in plain words why there
 * is none. The error may hold a secret: redact it before it is stored.
 */
export function buildRequest(action: HttpAction, scope: Scope, limits: RequestLimits): Rendered<HttpRequest> {
  const url = renderUrl(action, scope);
  if (!url.ok) return url;
  const written = renderHeaders(action.headers, scope);
  if (!written.ok) return written;
  const body = renderBody(action, scope);
  if (!body.ok) return body;
  const headers = withContentType(written.value, body.value);
  if (!headers.ok) return headers;
  return {
    ok: true,
    value: {
      method: action.method,
      url: url.value,
      headers: headers.value,
      body: body.value?.content,
      ...(limits.tls === undefined ? {} : { tls: limits.tls }),
      timeoutMs: limits.timeoutMs,
      redirects: action.redirects,
      maxBodyBytes: limits.maxBodyBytes,
    },
  };
}

/** A content type that the action names itself stays; one of a multipart body needs the boundary. */
function withContentType(
  headers: Record<string, string>,
  body: RequestBody | undefined,
): Rendered<Record<string, string>> {
  if (body?.contentType === undefined) return { ok: true, value: headers };
  const own = headerValue(headers, "content-type");
  if (own === undefined) return { ok: true, value: withHeader(headers, "content-type", body.contentType) };
  if (body.boundary === undefined) return { ok: true, value: headers };
  if (!/^multipart\//i.test(own) || /;\s*boundary\s*=/i.test(own)) {
    const error = 'beside "multipart", leave the header Content-Type out, or name a multipart/… type without boundary';
    return { ok: false, error };
  }
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "content-type") ?? "content-type";
  return { ok: true, value: withHeader(headers, name, `${own}; boundary=${body.boundary}`) };
}
