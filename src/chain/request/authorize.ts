import { whenAborted } from "../flow/aborted.ts";
import type { Scope } from "../../expression/scope.ts";
import type { Auth, OAuth1Auth, OAuth2Auth } from "../../model/auth.ts";
import type { FailureClass } from "../../model/retry.ts";
import { SECOND_MS } from "../../model/time.ts";
import type { EpochMs } from "../../model/time.ts";
import type { Chance } from "../../ports/chance.ts";
import type { HttpClient, HttpRequest } from "../../ports/http-client.ts";
import { hasHeader, unfitForHeader, withHeader } from "./headers.ts";
import { oauth1Header } from "./oauth1-header.ts";
import { oauth1Credentials } from "./oauth1-key.ts";
import { readToken, tokenKey, tokenRequest } from "./oauth2-token.ts";
import type { TokenFailure } from "./oauth2-token.ts";
import { renderAuth } from "./render-auth.ts";
import type { TokenCache } from "./token-cache.ts";

/** What saying who sends a request needs from outside. */
export interface AuthPorts {
  /** Under the same policy as the request itself. */
  readonly http: HttpClient;
  readonly chance: Pick<Chance, "uuid">;
  readonly now: () => EpochMs;
  readonly tokens: TokenCache;
  readonly maySend: () => Promise<boolean>;
}

export type Authorized =
  | {
      readonly ok: true;
      readonly request: HttpRequest;
      /** What must be redacted beside the known secrets: a token, the parts of a key. */
      readonly secrets: readonly string[];
      /** True when a token that was fetched for an earlier request is used: refused, a fresh one may do. */
      readonly usedKeptToken: boolean;
      /** Forgets the token: it was refused. */
      drop(): void;
    }
  | {
      readonly ok: false;
      /** In plain words; may hold a secret until redacted. */
      readonly error: string;
      /** `undefined`: it can only fail the same way. */
      readonly failureClass: FailureClass | undefined;
      /** Of the token server. */
      readonly statusCode?: number;
      /** True when it was stopped from outside while a token was fetched; nothing of the request was sent. */
      readonly isBrokenOff?: true;
    };

/**
 * The request with the header that says who sends it, made anew for each attempt. OAuth 2 may fetch a token first, over
 * the same TLS and within the time limit of the request, of which the answer leaves what remains.
 * @param request as `buildRequest` made it; an Authorization header of its own is an error
 */
export async function authorize(
  request: HttpRequest,
  auth: Auth,
  scope: Scope,
  ports: AuthPorts,
  signal: AbortSignal,
): Promise<Authorized> {
  if (hasHeader(request.headers, "authorization")) {
    return problem("the action sets the header Authorization itself: leave either that or auth out");
  }
  const rendered = renderAuth(auth, scope);
  if (!rendered.ok) return problem(rendered.error);
  const { value } = rendered;
  switch (value.type) {
    case "bearer":
      return withCredential(request, "Bearer ", value.token, templated(auth, value));
    case "basic": {
      if (value.username.includes(":"))
        return problem("the user name of basic auth holds a colon, which ends it there");
      const pair = Buffer.from(`${value.username}:${value.password}`).toString("base64");
      return withCredential(request, "Basic ", pair, templated(auth, value));
    }
    case "oauth1":
      return withOAuth1(request, value, ports);
    case "oauth2":
      return withOAuth2(request, value, ports, signal);
  }
}

function problem(error: string): Authorized {
  return { ok: false, error, failureClass: undefined };
}

/** The credentials that templates gave. What the job itself says in clear hides nothing, and may be a common word. */
function templated(auth: Auth, rendered: Auth): readonly string[] {
  const templates = new Set(Object.values(auth) as readonly (string | undefined)[]);
  const credentials =
    rendered.type === "basic" ? [rendered.password] : rendered.type === "bearer" ? [rendered.token] : [];
  return credentials.filter((text) => text !== "" && !templates.has(text));
}

function withCredential(
  request: HttpRequest,
  scheme: string,
  credential: string,
  secrets: readonly string[],
  { usedKeptToken = false, drop = () => {} }: { readonly usedKeptToken?: boolean; readonly drop?: () => void } = {},
): Authorized {
  if (credential === "") return problem("the token of auth is empty");
  const unfit = unfitForHeader(credential);
  if (unfit !== undefined) return problem(`the token of auth ${unfit}`);
  const headers = withHeader(request.headers, "authorization", `${scheme}${credential}`);
  return { ok: true, request: { ...request, headers }, secrets, usedKeptToken, drop };
}

function withOAuth1(request: HttpRequest, auth: OAuth1Auth, { chance, now }: AuthPorts): Authorized {
  const credentials = oauth1Credentials(auth);
  if (!credentials.ok) return problem(credentials.error);
  const fresh = {
    nonce: chance.uuid().replaceAll("-", ""),
    timestampSec: Math.floor(now() / SECOND_MS),
  };
  const header = oauth1Header(request, auth, credentials.value, fresh);
  if (!header.ok) return problem(header.error);
  const { consumerKey, consumerSecret, token, tokenSecret } = credentials.value;
  // Parts of a key: the redactor knows it as a whole alone.
  const parts =
    auth.key === undefined ? [consumerSecret, tokenSecret] : [consumerKey, consumerSecret, token, tokenSecret];
  const headers = withHeader(request.headers, "authorization", header.value);
  const secrets = parts.filter((part) => part !== "");
  return { ok: true, request: { ...request, headers }, secrets, usedKeptToken: false, drop: () => {} };
}

async function withOAuth2(
  request: HttpRequest,
  auth: OAuth2Auth,
  { http, now, tokens, maySend }: AuthPorts,
  signal: AbortSignal,
): Promise<Authorized> {
  const key = tokenKey(auth, request.tls);
  const askedAt = now();
  let fetchMs: number | undefined;
  const fetch = async () => {
    const outcome = await http.exchange(tokenRequest(auth, request), signal, maySend);
    fetchMs = outcome.elapsedMs;
    return readToken(auth, outcome);
  };
  const abort = whenAborted(signal);
  const obtained = await Promise.race([tokens.obtain<TokenFailure>(key, now, fetch), abort.aborted]).finally(
    abort.release,
  );
  if (obtained === "aborted" || obtained.kind === "broken off") {
    const error = "the request was broken off before it was sent";
    return { ok: false, error, failureClass: undefined, isBrokenOff: true };
  }
  if (obtained.kind === "failed") {
    const { error, failureClass, statusCode } = obtained.failure;
    return { ok: false, error, failureClass, ...(statusCode === undefined ? {} : { statusCode }) };
  }
  const { token, wasKept } = obtained;
  // Who waited for the fetch of another is measured by the wall clock, which may jump.
  const spentMs = wasKept ? 0 : (fetchMs ?? Math.max(0, now() - askedAt));
  const timeoutMs = request.timeoutMs - spentMs;
  if (timeoutMs <= 0) {
    const error = `timed out after ${request.timeoutMs / SECOND_MS} s: the token was not there in time`;
    return { ok: false, error, failureClass: "timeout" };
  }
  const drop = (): void => tokens.drop(key, token);
  return withCredential({ ...request, timeoutMs }, "Bearer ", token, [token], { usedKeptToken: wasKept, drop });
}
