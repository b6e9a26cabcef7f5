import { SECOND_MS } from "../../model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpOutcome, HttpRequest } from "../../ports/http-client.ts";
import type { Log } from "../../ports/log.ts";
import { EgressRefusedError } from "./checked-addresses.ts";
import { failureWords } from "./failure-words.ts";
import { SendDeniedError } from "./gated-connector.ts";
import type { MaySend } from "./gated-connector.ts";
import { readBody } from "./read-body.ts";
import { nextHop } from "./redirect.ts";
import type { Hop } from "./redirect.ts";
import { sendHop } from "./send-hop.ts";
import type { Route } from "./send-hop.ts";
import { readableHost } from "./readable-host.ts";
import { UnusableTlsError } from "./tls-contexts.ts";

type Settled = HttpOutcome extends infer One ? (One extends HttpOutcome ? Omit<One, "elapsedMs"> : never) : never;

/**
 * Sends a request and follows its redirects until there is an answer, all within the time limit of the request:
 * names, connections, headers and bodies together. Never rejects.
 * @param maySend asked before each hop; after a no nothing more is sent
 * @param control aborts what is under way; also from outside
 */
export async function timedExchange(
  request: HttpRequest,
  route: Route,
  maySend: MaySend,
  control: AbortController,
  { clock, log }: { readonly clock: Pick<Clock, "monotonicNow">; readonly log: Log },
): Promise<HttpOutcome> {
  const startedAt = clock.monotonicNow();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    control.abort();
  }, request.timeoutMs);
  const at: Position = { url: new URL(request.url) };
  let settled: Settled;
  try {
    // A look-up or a connection that is still being made is not ended by the signal: it is no longer waited for.
    settled = await Promise.race([follow(request, route, maySend, control.signal, at), aborted(control.signal)]);
  } catch (error) {
    if (isLate) settled = { kind: "failure", cause: "timeout", message: timedOut(request.timeoutMs) };
    else if (control.signal.aborted || error instanceof SendDeniedError)
      settled = { kind: "failure", cause: "aborted", message: "the request was broken off" };
    else settled = thrown(error, at.url, log);
  } finally {
    clearTimeout(timer);
  }
  return { ...settled, elapsedMs: Math.max(0, Math.round(clock.monotonicNow() - startedAt)) };
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new Error("the request was broken off"));
    if (signal.aborted) fail();
    signal.addEventListener("abort", fail, { once: true });
  });
}

/** Which hop the exchange has come to, so that a failure can name its host. */
interface Position {
  url: URL;
}

async function follow(
  request: HttpRequest,
  route: Route,
  maySend: MaySend,
  signal: AbortSignal,
  at: Position,
): Promise<Settled> {
  const { method, headers: written, body: content, tls } = request;
  let hop: Hop = { method, url: at.url, headers: written, body: content, ...(tls === undefined ? {} : { tls }) };
  for (let hops = 0; ; hops++) {
    signal.throwIfAborted();
    const { status, headers, body, close } = await sendHop(hop, route, maySend, signal);
    try {
      const location = [headers["location"] ?? []].flat()[0];
      const next = request.redirects === 0 ? { kind: "answer" as const } : nextHop(hop, status, location);
      if (next.kind === "refused") return { kind: "failure", cause: "refused", message: next.reason };
      if (next.kind === "answer") {
        const { text, truncated } = await readBody(body, headers, request.maxBodyBytes, acceptedCodings(hop));
        return { kind: "response", status, headers: present(headers), body: text, truncated };
      }
      if (hops >= request.redirects) {
        const message = `more than ${request.redirects} redirects, the last to ${readableHost(next.hop.url)}`;
        return { kind: "failure", cause: "network", message };
      }
      hop = next.hop;
      at.url = hop.url;
    } finally {
      close();
    }
  }
}

function acceptedCodings(hop: Hop): string | undefined {
  return Object.entries(hop.headers).find(([name]) => name.toLowerCase() === "accept-encoding")?.[1];
}

function present(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const kept = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) kept[name] = value;
  return kept;
}

function thrown(error: unknown, url: URL, log: Log): Settled {
  if (error instanceof UnusableTlsError) return { kind: "failure", cause: "refused", message: error.message };
  if (!(error instanceof EgressRefusedError))
    return { kind: "failure", cause: "network", message: failureWords(error, url) };
  log.warn("a request was refused by the egress policy", { event: "egress_refused", host: readableHost(url) });
  return { kind: "failure", cause: "refused", message: error.message };
}

function timedOut(timeoutMs: number): string {
  return `timed out after ${timeoutMs / SECOND_MS} s`;
}
