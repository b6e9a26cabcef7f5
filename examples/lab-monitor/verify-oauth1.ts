import { createHmac } from "node:crypto";
import { createRequire } from "node:module";

/** `oauth-signature`: signs by RFC 5849 with HMAC-SHA1. Not what FleetCron signs with, which is the point. */
interface Signer {
  generate(
    method: string,
    url: string,
    params: Readonly<Record<string, string>>,
    consumerSecret: string,
    tokenSecret: string,
    options: { readonly encodeSignature: boolean },
  ): string;
}
const signer = createRequire(import.meta.url)("oauth-signature") as Signer;

/** A request that both sign, and its signature base string (RFC 5849, 3.4.1). */
const PROBE = { method: "GET", url: "http://example.com/", params: { a: "1" } };
const PROBE_BASE = "GET&http%3A%2F%2Fexample.com%2F&a%3D1";
/** How far a sender's clock may be off. */
const CLOCK_OFF_SEC_MAX = 300;

export interface Credentials {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

/** Looks at the `Authorization` of requests, one after the other: no nonce may come twice. */
export interface OAuth1Verifier {
  /** Why it is refused; `undefined` when it is good. */
  refusal(authorization: string | undefined): string | undefined;
}

export function createOAuth1Verifier(credentials: Credentials, nowMs: () => number): OAuth1Verifier {
  const nonces = new Set<string>();
  return {
    refusal(authorization) {
      const params = readHeader(authorization);
      if (params === undefined) return "no OAuth header";
      const said = (name: string) => params.get(`oauth_${name}`);
      if (said("version") !== undefined && said("version") !== "1.0") return "another version";
      if (said("consumer_key") !== credentials.consumerKey) return "unknown consumer";
      if (said("token") !== credentials.token) return "unknown token";
      if (said("signature_method") !== "PLAINTEXT") return "not PLAINTEXT";
      const timestamp = Number(said("timestamp"));
      if (!(Math.abs(nowMs() / 1_000 - timestamp) <= CLOCK_OFF_SEC_MAX)) return "stale timestamp";
      const nonce = said("nonce");
      if (nonce === undefined || nonces.has(nonce)) return "used nonce";
      nonces.add(nonce);
      return isPlaintextSignature(said("signature") ?? "", credentials) ? undefined : "wrong signature";
    },
  };
}

/**
 * The signature of PLAINTEXT (RFC 5849, 3.4.4) is the very text that HMAC-SHA1 takes as its key (3.4.2). So it is right if
 * what is signed with it as the key has the signature that the library gives for the secrets.
 */
function isPlaintextSignature(signature: string, { consumerSecret, tokenSecret }: Credentials): boolean {
  const { method, url, params } = PROBE;
  const expected = signer.generate(method, url, params, consumerSecret, tokenSecret, { encodeSignature: false });
  return createHmac("sha1", signature).update(PROBE_BASE).digest("base64") === expected;
}

/** The parameters of the header (RFC 5849, 3.5.1). */
function readHeader(authorization: string | undefined): ReadonlyMap<string, string> | undefined {
  const [, list] = /^OAuth\s+(.*)$/i.exec(authorization ?? "") ?? [];
  if (list === undefined) return undefined;
  const pairs = [...list.matchAll(/([^\s=,]+)="([^"]*)"/g)];
  return new Map(pairs.map(([, name = "", value = ""]) => [decodeURIComponent(name), decodeURIComponent(value)]));
}
