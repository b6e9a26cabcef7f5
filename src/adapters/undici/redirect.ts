import type { HttpMethod } from "../../model/action.ts";
import type { TlsOptions } from "../../model/auth.ts";
import { readableHost } from "./readable-host.ts";

/** One request to one address. */
export interface Hop {
  readonly method: HttpMethod;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly tls?: TlsOptions;
}

export type NextHop =
  | { readonly kind: "hop"; readonly hop: Hop }
  /** Not a redirect: this is the answer. */
  | { readonly kind: "answer" }
  | { readonly kind: "refused"; readonly reason: string };

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const KEEP_METHOD: ReadonlySet<number> = new Set([307, 308]);
const OF_THE_BODY: ReadonlySet<string> = new Set([
  "content-type",
  "content-encoding",
  "content-language",
  "content-location",
]);
/** What another origin gets to see. A job may carry its key in a header of any name, so no other name is harmless. */
const ACROSS_ORIGINS =
  /^(accept(-[a-z]+)?|content-type|content-language|user-agent|idempotency-key|traceparent|x-fleetcron-.+)$/;

/**
 * Where an answer leads. 301, 302 and 303 turn everything but GET and HEAD into a GET without body; 307 and 308 keep
 * both. Across origins, all headers but a few that tell of the request alone are dropped for good, and so is the
 * certificate that this machine shows.
 */
export function nextHop(hop: Hop, status: number, location: string | undefined): NextHop {
  if (!REDIRECTS.has(status) || location === undefined) return { kind: "answer" };
  if (!URL.canParse(location, hop.url.href))
    return { kind: "refused", reason: "redirected to something that is not a URL" };
  const url = new URL(location, hop.url);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { kind: "refused", reason: "redirected to an address of another kind: only http and https are followed" };
  }
  if (url.username !== "" || url.password !== "") {
    return { kind: "refused", reason: `redirected to ${readableHost(url)} with a user name or password in the URL` };
  }
  const keepsBody = KEEP_METHOD.has(status) || hop.method === "GET" || hop.method === "HEAD";
  const body = keepsBody ? hop.body : undefined;
  if (hop.url.protocol === "https:" && url.protocol === "http:" && body !== undefined) {
    return {
      kind: "refused",
      reason: `redirected from https to http://${readableHost(url)}: the body is not sent unencrypted`,
    };
  }
  const isSameOrigin = url.origin === hop.url.origin;
  const headers = Object.entries(hop.headers).filter(([name]) => {
    const lower = name.toLowerCase();
    if (!keepsBody && OF_THE_BODY.has(lower)) return false;
    return isSameOrigin || ACROSS_ORIGINS.test(lower);
  });
  const tls = hop.tls === undefined ? undefined : isSameOrigin ? hop.tls : withoutCertificate(hop.tls);
  const next = { method: keepsBody ? hop.method : "GET", url, headers: toRecord(headers), body } as const;
  return { kind: "hop", hop: tls === undefined ? next : { ...next, tls } };
}

function withoutCertificate(tls: TlsOptions): TlsOptions {
  return { ...tls, cert: undefined, key: undefined };
}

function toRecord(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.assign(Object.create(null), Object.fromEntries(entries)) as Record<string, string>;
}
