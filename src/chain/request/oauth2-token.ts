import { createHash } from "node:crypto";
import type { OAuth2Auth, TlsOptions } from "../../model/auth.ts";
import type { FailureClass } from "../../model/retry.ts";
import { SECOND_MS } from "../../model/time.ts";
import type { HttpOutcome, HttpRequest } from "../../ports/http-client.ts";
import { statusClass } from "../answer/status-class.ts";
import { createRedactor } from "../redact/redact.ts";
import { encodeForm, queryText } from "./query-text.ts";
import type { TokenFetch } from "./token-cache.ts";

/** Why there is no token. */
export interface TokenFailure {
  /** In plain words, without the client's secret. */
  readonly error: string;
  /** `undefined`: our own policy refused it, so it is not repeated. */
  readonly failureClass: FailureClass | undefined;
  readonly statusCode: number | undefined;
}

/** A token answer is a few hundred bytes. */
const ANSWER_BYTES_MAX = 65_536;
/** A token is given up this long before it expires, or a tenth of its life before, whichever is less. */
const MARGIN_MS_MAX = 30 * SECOND_MS;
/** How long a token is kept whose server says nothing; it is fetched again as soon as it is refused. */
const KEEP_MS_UNSAID = 300 * SECOND_MS;
const DESCRIPTION_LENGTH_MAX = 200;

/** Tells apart who asks for a token, where, for what and over which TLS; holds no secret itself. */
export function tokenKey(auth: OAuth2Auth, tls: TlsOptions | undefined): string {
  const { tokenUrl, clientId, clientSecret, scope, audience, clientAuth } = auth;
  const parts = [tokenUrl, clientId, clientSecret, scope ?? null, audience ?? null, clientAuth, tls ?? null];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

/** Asks for a token by client credentials (RFC 6749, 4.4). A redirect is no answer: it would carry the secret along. */
export function tokenRequest(auth: OAuth2Auth, base: Pick<HttpRequest, "timeoutMs" | "tls">): HttpRequest {
  const { tokenUrl, clientId, clientSecret, scope, audience, clientAuth } = auth;
  const form = {
    grant_type: "client_credentials",
    scope: scope ?? null,
    audience: audience ?? null,
    ...(clientAuth === "body" ? { client_id: clientId, client_secret: clientSecret } : {}),
  };
  // Both are encoded as in a form before they are joined (RFC 6749, 2.3.1).
  const pair = `${encodeForm(clientId)}:${encodeForm(clientSecret)}`;
  const authorization = { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
  return {
    method: "POST",
    url: new URL(tokenUrl).href,
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      ...(clientAuth === "basic" ? authorization : {}),
    },
    body: queryText(form),
    ...(base.tls === undefined ? {} : { tls: base.tls }),
    timeoutMs: base.timeoutMs,
    redirects: 0,
    maxBodyBytes: ANSWER_BYTES_MAX,
  };
}

/** What the answer of a token server comes to. */
export function readToken(auth: OAuth2Auth, outcome: HttpOutcome): TokenFetch<TokenFailure> {
  const server = new URL(auth.tokenUrl).host;
  if (outcome.kind === "failure") {
    if (outcome.cause === "aborted") return { kind: "broken off" };
    const failureClass = outcome.cause === "refused" ? undefined : outcome.cause;
    return failed(`no token from ${server}: ${outcome.message}`, failureClass, undefined);
  }
  const { status } = outcome;
  const answer = readObject(outcome.body);
  if (status < 200 || status > 299) {
    const why = refusalWords(answer, auth.clientSecret);
    return failed(`no token from ${server}: HTTP ${status}${why}`, statusClass(status) ?? "expect", status);
  }
  const unusable = (why: string) => failed(`no token from ${server}: its answer ${why}`, "expect", status);
  if (answer === undefined) return unusable(outcome.truncated ? "is too long" : "is not a JSON object");
  const { access_token: token, token_type: type, expires_in: expiresIn } = answer;
  if (typeof token !== "string" || token === "") return unusable("has no access_token");
  if (!/^[!-~]+$/.test(token)) return unusable("has an access_token that can't stand in a header");
  if (typeof type === "string" && type.toLowerCase() !== "bearer") {
    return unusable("is a token of another type: only bearer tokens can be used");
  }
  return { kind: "token", token, keepMs: keepMsOf(expiresIn) };
}

function failed(
  error: string,
  failureClass: FailureClass | undefined,
  statusCode: number | undefined,
): TokenFetch<TokenFailure> {
  return { kind: "failed", failure: { error, failureClass, statusCode } };
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** What the server says about it (RFC 6749, 5.2), without the secret that it may repeat. */
function refusalWords(answer: Readonly<Record<string, unknown>> | undefined, clientSecret: string): string {
  const said = [answer?.["error"], answer?.["error_description"]].filter((one) => typeof one === "string");
  if (said.length === 0) return "";
  const text = said.join(": ").replace(/\p{Cc}+/gu, " ");
  const clean = createRedactor(new Map([["client_secret", clientSecret]])).redact(text);
  return ` (${clean.length > DESCRIPTION_LENGTH_MAX ? `${clean.slice(0, DESCRIPTION_LENGTH_MAX)}…` : clean})`;
}

function keepMsOf(expiresIn: unknown): number {
  const seconds = typeof expiresIn === "string" && /^\d+$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return KEEP_MS_UNSAID;
  const lifeMs = seconds * SECOND_MS;
  return lifeMs - Math.min(MARGIN_MS_MAX, lifeMs / 10);
}
