import { createHmac } from "node:crypto";
import OAuth from "oauth-1.0a";
import type { Rendered } from "../../expression/scope.ts";
import type { OAuth1Auth } from "../../model/auth.ts";
import { wellFormed } from "../../model/unicode.ts";
import type { HttpRequest } from "../../ports/http-client.ts";
import { headerValue, unfitForHeader } from "./headers.ts";
import type { OAuth1Credentials } from "./oauth1-key.ts";

/** What makes two signatures of the same request different. */
export interface Freshness {
  readonly nonce: string;
  /** Seconds since the Unix epoch. */
  readonly timestampSec: number;
}

/**
 * The Authorization header of a request by OAuth 1 (RFC 5849). HMAC-SHA1 covers the method, the address, the query and
 * the parameters of a form body; PLAINTEXT carries the secrets themselves.
 */
export function oauth1Header(
  request: Pick<HttpRequest, "method" | "url" | "headers" | "body">,
  { signature, realm }: Pick<OAuth1Auth, "signature" | "realm">,
  credentials: OAuth1Credentials,
  { nonce, timestampSec }: Freshness,
): Rendered<string> {
  const realmProblem = realm === undefined ? undefined : unfitRealm(realm);
  if (realmProblem !== undefined) return { ok: false, error: realmProblem };
  const { consumerKey, consumerSecret, token, tokenSecret } = wellFormedCredentials(credentials);
  const oauth = new OAuth({
    consumer: { key: consumerKey, secret: consumerSecret },
    signature_method: signature,
    ...(signature === "PLAINTEXT" ? {} : { hash_function: hmacSha1 }),
    ...(realm === undefined ? {} : { realm }),
  });
  const facts = {
    oauth_consumer_key: consumerKey,
    oauth_nonce: nonce,
    oauth_signature_method: signature,
    oauth_timestamp: timestampSec,
    oauth_version: "1.0",
    ...(token === "" ? {} : { oauth_token: token }),
  };
  const parameters = signedParameters(request, new Set([...Object.keys(facts), "oauth_signature"]));
  if (!parameters.ok) return parameters;
  const { origin, pathname } = new URL(request.url);
  // The library reads a query less exactly than it should, so the parameters go to it one by one. It adds them to the
  // facts that it is given.
  const signed = { method: request.method, url: `${origin}${pathname}`, data: parameters.value };
  const made = oauth.getSignature(signed, tokenSecret, { ...facts });
  return { ok: true, value: oauth.toHeader({ ...facts, oauth_signature: made }).Authorization };
}

function hmacSha1(base: string, key: string): string {
  return createHmac("sha1", key).update(base).digest("base64");
}

function unfitRealm(realm: string): string | undefined {
  if (/["\\]/.test(realm)) return "the realm of OAuth 1 holds a quotation mark or a backslash";
  const unfit = unfitForHeader(realm);
  return unfit === undefined ? undefined : `the realm of OAuth 1 ${unfit}`;
}

function wellFormedCredentials(credentials: OAuth1Credentials): OAuth1Credentials {
  return {
    consumerKey: wellFormed(credentials.consumerKey),
    consumerSecret: wellFormed(credentials.consumerSecret),
    token: wellFormed(credentials.token),
    tokenSecret: wellFormed(credentials.tokenSecret),
  };
}

/** The parameters of the query and of a form body (RFC 5849, 3.4.1.3.1), values of a name that comes again in a list. */
function signedParameters(
  { url, headers, body }: Pick<HttpRequest, "url" | "headers" | "body">,
  reserved: ReadonlySet<string>,
): Rendered<Record<string, string | string[]>> {
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headerValue(headers, "content-type") ?? "");
  const form = isForm && typeof body === "string" ? [...new URLSearchParams(body)] : [];
  const parameters = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of [...new URL(url).searchParams, ...form]) {
    // The library keeps names as keys of plain objects, where this one is none.
    if (name === "__proto__") return { ok: false, error: "a parameter named __proto__ can't be signed by OAuth 1" };
    if (reserved.has(name)) return { ok: false, error: `the parameter ${name} belongs to the signature: leave it out` };
    const known = parameters[name];
    parameters[name] = known === undefined ? value : [known, value].flat();
  }
  return { ok: true, value: parameters };
}
