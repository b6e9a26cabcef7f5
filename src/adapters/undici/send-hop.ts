import type { Readable } from "node:stream";
import { Client, ProxyAgent } from "undici";
import type { Dispatcher, buildConnector } from "undici";
import { EgressRefusedError, type LookUp } from "./checked-addresses.ts";
import { createConnector } from "./connector.ts";
import type { EgressPolicy } from "./egress-policy.ts";
import { gatedConnector } from "./gated-connector.ts";
import type { MaySend } from "./gated-connector.ts";
import type { ProxyChoice } from "./proxy-choice.ts";
import type { Hop } from "./redirect.ts";

export interface HopAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
  /** Ends the connection, whatever is still under way on it. */
  readonly close: () => void;
}

export interface Route {
  readonly policy: EgressPolicy;
  readonly lookUp: LookUp;
  readonly proxyFor: ProxyChoice;
  readonly roots: readonly string[] | undefined;
}

const HEADER_BYTES_MAX = 65_536;
/** They belong to the connection, which is ours. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Sends one request over a connection of its own and answers as soon as the headers are there. Nothing is sent twice:
 * a kept connection that its host closes just then would fail an attempt that might have no successor.
 * @param maySend asked when the connection is ready, before the first byte of the request
 * @throws what the network says; the caller puts it into words. {EgressRefusedError} and {SendDeniedError} before
 *   anything was sent.
 */
export async function sendHop(hop: Hop, route: Route, maySend: MaySend, signal: AbortSignal): Promise<HopAnswer> {
  const gate = (connect: Connect): Connect => gatedConnector(connect, maySend, signal);
  const dispatcher = openDispatcher(hop.url, route, gate, signal);
  const close = (): void => {
    dispatcher.destroy().catch(() => {
      // It is being thrown away.
    });
  };
  try {
    const answer = await dispatcher.request({
      origin: hop.url.origin,
      path: `${hop.url.pathname}${hop.url.search}`,
      method: hop.method,
      headers: hopHeaders(hop),
      body: hop.body ?? null,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    answer.body.on("error", () => {
      // Whoever reads the body meets it; nobody reads that of a redirect.
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, close };
  } catch (error) {
    close();
    throw error;
  }
}

type Connect = buildConnector.connector;

function openDispatcher(
  url: URL,
  { policy, lookUp, proxyFor, roots }: Route,
  gate: (connect: Connect) => Connect,
  signal: AbortSignal,
): Dispatcher {
  const limits = { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: 0, bodyTimeout: 0 };
  const proxy = proxyFor(url);
  if (proxy === undefined) {
    const connect = gate(createConnector(policy, lookUp, roots, signal));
    return new Client(url.origin, { ...limits, connect, pipelining: 0, allowH2: false });
  }
  // The proxy resolves the name, so only the name, or a literal address, can be checked here.
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const refusal = policy.refusesHost(url.hostname.replace(/^\[(.*)\]$/, "$1"), port);
  if (refusal !== undefined) throw new EgressRefusedError(refusal);
  const tls = { timeout: 0, ...(roots === undefined ? {} : { ca: [...roots] }) };
  return new ProxyAgent({
    ...limits,
    uri: proxy,
    proxyTunnel: false,
    allowH2: false,
    requestTls: tls,
    proxyTls: tls,
    // Called with what makes the connection that the request goes over: the one to the proxy, or the whole tunnel.
    factory: (origin, options) =>
      new Client(origin, { ...limits, allowH2: false, connect: gate((options as { connect: Connect }).connect) }),
  });
}

function hopHeaders(hop: Hop): Record<string, string> {
  const headers: Record<string, string> = {
    "user-agent": "FleetCron",
    accept: "*/*",
    "accept-encoding": "gzip, deflate, br",
  };
  const names = new Set(Object.keys(hop.headers).map((name) => name.toLowerCase()));
  for (const name of Object.keys(headers)) if (names.has(name)) delete headers[name];
  for (const [name, value] of Object.entries(hop.headers)) {
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) headers[name] = value;
  }
  return headers;
}
