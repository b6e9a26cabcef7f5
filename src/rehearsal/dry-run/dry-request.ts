import { authorize } from "../../chain/request/authorize.ts";
import { buildRequest } from "../../chain/request/build-request.ts";
import { hasHeader, renderHeaders } from "../../chain/request/headers.ts";
import { withQuery, queryText } from "../../chain/request/query-text.ts";
import { renderAuth } from "../../chain/request/render-auth.ts";
import { renderBody } from "../../chain/request/render-body.ts";
import { renderRules } from "../../chain/answer/render-rules.ts";
import { createTokenCache } from "../../chain/request/token-cache.ts";
import { renderText } from "../../expression/render-text.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import type { HttpAction } from "../../model/action.ts";
import type { Auth } from "../../model/auth.ts";
import type { JsonObject } from "../../model/json.ts";
import type { EpochMs } from "../../model/time.ts";
import { deterministicChance } from "../deterministic-chance.ts";
import { bodyText } from "../body-text.ts";
import type { DryScope } from "./dry-scope.ts";
import type { DryRequest } from "./dry-step.ts";
import type { Labels } from "./labels.ts";

/** A request as it is shown, and what would keep it from being sent. */
export interface DryRequestView {
  readonly request: DryRequest | undefined;
  readonly problems: readonly string[];
}

/**
 * Puts a request together twice: with labels, to be shown, and where no value of it is unknown as it would be sent, to
 * see whether it can be. Of the second nothing is shown but what is wrong with it.
 * @param redact takes the secrets out of a text
 */
export async function dryRequest(
  action: HttpAction,
  scope: DryScope,
  labels: Labels,
  redact: (text: string) => string,
): Promise<DryRequestView> {
  const shown = showRequest(action, scope.shown);
  if (!shown.ok) return { request: undefined, problems: [labels.show(shown.error)] };
  const { method, url, headers, body } = shown.value;
  const texts = [url, ...headers.flat(), body ?? ""];
  const secretly = unshownTexts(action, scope.shown);
  const missing = [...new Set([...texts, ...secretly].flatMap((text) => labels.within(text, "missing_secret")))];
  const problems = missing.map((name) => missingSecret(name));
  const isKnown = texts.every((text) => labels.within(text, "unknown").length === 0);
  if (isKnown && missing.length === 0) {
    const error = await sendingProblem(action, scope.real);
    if (error !== undefined) problems.push(redact(error));
  }
  return {
    request: {
      method,
      url: labels.show(url),
      headers: headers.map(([name, value]) => [name, labels.show(value)]),
      body: body === undefined ? undefined : isJson(action) ? labels.showJson(body) : labels.show(body),
    },
    problems,
  };
}

/** What takes part in a request or in judging its answer, but is not shown: a client's secret, what rules compare with. */
function unshownTexts({ auth, expect, until }: HttpAction, scope: Scope): readonly string[] {
  const credentials = auth === undefined ? undefined : renderAuthTexts(auth, scope);
  const rules = [expect, until?.rules].flatMap((it) => (it === undefined ? [] : [renderRules(it, scope)]));
  return [credentials, ...rules].flatMap((it) => (it?.ok === true ? [JSON.stringify(it.value, withBigInts)] : []));
}

function withBigInts(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function isJson({ body }: HttpAction): boolean {
  return body !== undefined && typeof body !== "string";
}

export function missingSecret(name: string): string {
  return `{{${name}}} is not among the secrets of this machine: add it to "secrets" in its config`;
}

function showRequest(action: HttpAction, scope: Scope): Rendered<DryRequest> {
  const url = renderText(action.url, scope, "url");
  if (!url.ok) return url;
  const params = renderValue(action.params, scope);
  if (!params.ok) return params;
  const headers = renderHeaders(action.headers, scope);
  if (!headers.ok) return headers;
  const body = showBody(action, scope);
  if (!body.ok) return body;
  const auth = action.auth === undefined ? ({ ok: true, value: undefined } as const) : showAuth(action.auth, scope);
  if (!auth.ok) return auth;
  const { text, contentType } = body.value;
  const lines: (readonly [string, string])[] = Object.entries(headers.value);
  if (contentType !== undefined && !hasHeader(headers.value, "content-type")) lines.push(["content-type", contentType]);
  if (auth.value !== undefined) lines.push(["authorization", auth.value]);
  const full = withQuery(url.value.trim(), queryText(params.value as JsonObject));
  return { ok: true, value: { method: action.method, url: full, headers: lines, body: text } };
}

interface ShownBody {
  readonly text: string | undefined;
  readonly contentType: string | undefined;
}

function showBody(action: HttpAction, scope: Scope): Rendered<ShownBody> {
  const { bodyBase64, multipart } = action;
  // What stands for a secret is no base64, so such bytes are shown as they are written.
  if (bodyBase64?.includes("{{") === true) {
    const rendered = renderText(bodyBase64, scope, "text");
    if (!rendered.ok) return rendered;
    return {
      ok: true,
      value: { text: `bytes, as base64: ${rendered.value}`, contentType: "application/octet-stream" },
    };
  }
  if (multipart?.some(({ base64 }) => base64?.includes("{{") === true) === true) {
    const rendered = renderValue(
      multipart.map(({ name, value, base64 }) => ({
        name,
        ...(base64 === undefined ? { value: value ?? null } : { base64 }),
      })),
      scope,
    );
    if (!rendered.ok) return rendered;
    return {
      ok: true,
      value: { text: `parts: ${JSON.stringify(rendered.value)}`, contentType: "multipart/form-data" },
    };
  }
  const body = renderBody(action, scope);
  if (!body.ok) return body;
  const text = bodyText(body.value?.content);
  return { ok: true, value: { text, contentType: body.value?.contentType } };
}

function showAuth(auth: Auth, scope: Scope): Rendered<string> {
  const fields = renderAuthTexts(auth, scope);
  return fields.ok ? { ok: true, value: authWords(fields.value) } : fields;
}

/** Like `renderAuth`, but the URL of a token server may begin with a secret, and then it is none while it is shown. */
function renderAuthTexts(auth: Auth, scope: Scope): Rendered<Auth> {
  if (auth.type !== "oauth2") return renderAuth(auth, scope);
  const tokenUrl = renderText(auth.tokenUrl, scope, "url");
  if (!tokenUrl.ok) return tokenUrl;
  const others = renderAuth({ ...auth, tokenUrl: "http://token.invalid/" }, scope);
  return others.ok ? { ok: true, value: { ...others.value, tokenUrl: tokenUrl.value } } : others;
}

function authWords(auth: Auth): string {
  switch (auth.type) {
    case "bearer":
      return `Bearer ${auth.token}`;
    case "basic":
      return `Basic (base64 of ${auth.username}:${auth.password})`;
    case "oauth1": {
      const who = auth.key === undefined ? `consumer key ${auth.consumerKey}, token ${auth.token}` : `key ${auth.key}`;
      return `OAuth (${auth.signature}, ${who})`;
    }
    case "oauth2": {
      const scope = auth.scope === undefined ? "" : `, scope ${auth.scope}`;
      return `Bearer (from POST ${auth.tokenUrl}, client ${auth.clientId}${scope}; kept until it expires)`;
    }
  }
}

/** Why the request could not be sent as it really is; may hold a secret. Nothing is sent to find out. */
async function sendingProblem(action: HttpAction, scope: Scope): Promise<string | undefined> {
  const built = buildRequest(action, scope, { timeoutMs: 1_000, maxBodyBytes: 1 });
  if (!built.ok) return built.error;
  for (const rules of [action.expect, action.until?.rules]) {
    const rendered = rules === undefined ? undefined : renderRules(rules, scope);
    if (rendered?.ok === false) return rendered.error;
  }
  const { auth } = action;
  if (auth === undefined) return undefined;
  if (auth.type === "oauth2") {
    const rendered = renderAuth(auth, scope);
    return rendered.ok ? undefined : rendered.error;
  }
  const authorized = await authorize(built.value, auth, scope, UNREACHABLE, new AbortController().signal);
  return authorized.ok ? undefined : authorized.error;
}

const UNREACHABLE: Parameters<typeof authorize>[3] = {
  http: {
    exchange: async () => ({ kind: "failure", cause: "refused", message: "nothing is sent", elapsedMs: 0 }),
  },
  chance: deterministicChance(),
  now: () => 0 as EpochMs,
  tokens: createTokenCache(),
  maySend: async () => false,
};
