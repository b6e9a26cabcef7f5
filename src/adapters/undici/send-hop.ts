import type { Readable } from "node:stream";
import { Client, ProxyAgent } from "undici";
import type { Dispatcher, buildConnector } from "undici";
import type { TlsOptions } from "../../model/auth.ts";
import { EgressRefusedError, type LookUp } from "./checked-addresses.ts";
import { createConnector } from "./connector.ts";
import type { HopTls } from "./connector.ts";
import type { EgressPolicy } from "./egress-policy.ts";
import { gatedConnector } from "./gated-connector.ts";
import type { MaySend } from "./gated-connector.ts";
import type { ProxyChoice } from "./proxy-choice.ts";
import type { Hop } from "./redirect.ts";
import type { TlsContexts } from "./tls-contexts.ts";

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
  readonly tls: TlsContexts;
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
 * @throws what the network says; the caller puts it into words. {EgressRefusedError}, {UnusableTlsError} and
 *   {SendDeniedError} before anything was sent.
 */
export async function sendHop(hop: Hop, route: Route, maySend: MaySend, signal: AbortSignal): Promise<HopAnswer> {
  // A server that wants a client certificate says so after the handshake; undici knows only that it closed.
  let said: Error | undefined;
  const onError = (error: Error): void => {
    said ??= error;
  };
  const gate = (connect: Connect): Connect => gatedConnector(connect, maySend, signal, onError);
  const dispatcher = openDispatcher(hop, route, gate, signal);
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
    throw said ?? error;
  }
}

type Connect = buildConnector.connector;

function openDispatcher(
  { url, tls }: Hop,
  { policy, lookUp, proxyFor, tls: contexts }: Route,
  gate: (connect: Connect) => Connect,
  signal: AbortSignal,
): Dispatcher {
  const hopTls = tlsOf(contexts, url.protocol === "https:" ? tls : undefined);
  const limits = { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: 0, bodyTimeout: 0 };
  const proxy = proxyFor(url);
  if (proxy === undefined) {
    const connect = gate(createConnector(policy, lookUp, hopTls, signal));
    return new Client(url.origin, { ...limits, connect, pipelining: 0, allowH2: false });
  }
  // The proxy resolves the name, so only the name, or a literal address, can be checked here.
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const refusal = policy.refusesHost(url.hostname.replace(/^\[(.*)\]$/, "$1"), port);
  if (refusal !== undefined) throw new EgressRefusedError(refusal);
  return new ProxyAgent({
    ...limits,
    uri: proxy,
    proxyTunnel: false,
    allowH2: false,
    requestTls: { timeout: 0, ...hopTls },
    // What the job says is about its target; the proxy is a matter of the machine.
    proxyTls: { timeout: 0, ...tlsOf(contexts, undefined) },
    // Called with what makes the connection that the request goes over: the one to the proxy, or the whole tunnel.
    factory: (origin, options) =>
      new Client(origin, { ...limits, allowH2: false, connect: gate((options as { connect: Connect }).connect) }),
  });
}

function tlsOf(contexts: TlsContexts, tls: TlsOptions | undefined): HopTls {
  const secureContext = contexts.contextFor(tls);
  const rejectUnauthorized = tls?.insecure !== true;
  return secureContext === undefined ? { rejectUnauthorized } : { secureContext, rejectUnauthorized };
}

function hopHeaders(hop: Hop): Record<string, string> {
  const headers: Record<string, string> = {
    "user-agent": "FleetCron",
    accept: "*/*",
    // Not br: to undo it takes up to 16 MiB for each answer, which a host could make of 50 bytes.
    "accept-encoding": "gzip, deflate",
  };
  const names = new Set(Object.keys(hop.headers).map((name) => name.toLowerCase()));
  for (const name of Object.keys(headers)) if (names.has(name)) delete headers[name];
  for (const [name, value] of Object.entries(hop.headers)) {
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) headers[name] = value;
  }
  return headers;
}
