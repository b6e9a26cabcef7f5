import { lookup } from "node:dns/promises";
import { setMaxListeners } from "node:events";
import type { Egress } from "../../model/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient, HttpOutcome, HttpRequest } from "../../ports/http-client.ts";
import type { Log } from "../../ports/log.ts";
import type { LookUp } from "./checked-addresses.ts";
import { createEgressPolicy } from "./egress-policy.ts";
import type { MaySend } from "./gated-connector.ts";
import { createHostSlots } from "./host-slots.ts";
import { createProxyChoice } from "./proxy-choice.ts";
import type { Route } from "./send-hop.ts";
import { shareLookUps } from "./shared-look-up.ts";
import { timedExchange } from "./timed-exchange.ts";
import { createTlsContexts } from "./tls-contexts.ts";
import { trustedRoots } from "./trusted-roots.ts";

export interface HttpClientDeps {
  readonly egress: Egress;
  /** Requests under way to one host; further ones wait their turn, outside their time limit. */
  readonly maxPerHost: number;
  /** `host:port` of each MongoDB server known by now, refused as a target. */
  readonly mongodbHosts: () => readonly string[];
  readonly clock: Pick<Clock, "monotonicNow">;
  readonly log: Log;
  /** For the proxy variables and NODE_EXTRA_CA_CERTS. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How names become addresses; the system's way when left out. */
  readonly lookUp?: LookUp;
}

/**
 * Requests over HTTP/1.1, each hop under the egress policy and over a connection of its own.
 * @throws {Error} when `egress.ca_file` or `egress.deny_nets` can't be used, in words for people
 */
export function createHttpClient(deps: HttpClientDeps): HttpClient & { close(): Promise<void> } {
  const { egress, env = process.env, lookUp = (host) => lookup(host, { all: true }) } = deps;
  const slots = createHostSlots(deps.maxPerHost);
  const route: Route = {
    policy: createEgressPolicy(egress, deps.mongodbHosts),
    lookUp: shareLookUps(lookUp),
    proxyFor: createProxyChoice(egress.proxy, env),
    tls: createTlsContexts(trustedRoots(egress.caFile, env)),
  };
  const closing = new AbortController();
  // Every request under way listens; Node takes more than ten for a leak and says so on stderr.
  setMaxListeners(0, closing.signal);

  async function exchange(
    request: HttpRequest,
    signal: AbortSignal,
    mayStillSend: MaySend = async () => true,
    onWait: () => void = () => {},
  ): Promise<HttpOutcome> {
    const control = new AbortController();
    // Each hop of a redirect listens anew.
    setMaxListeners(0, control.signal);
    const abort = (): void => control.abort();
    for (const source of [signal, closing.signal]) {
      if (source.aborted) abort();
      source.addEventListener("abort", abort, { once: true });
    }
    try {
      return await inTurn(request, control, mayStillSend, onWait);
    } finally {
      for (const source of [signal, closing.signal]) source.removeEventListener("abort", abort);
    }
  }

  async function inTurn(request: HttpRequest, control: AbortController, mayStillSend: MaySend, onWait: () => void) {
    if (!URL.canParse(request.url)) return failure("refused", "this is not a URL", 0);
    const slot = await slots.take(new URL(request.url).host, control.signal, onWait);
    if (slot === undefined) return aborted(0);
    try {
      // Asked once more by each hop; here a wait for the answer costs nothing of the time limit.
      if (slot.waited) {
        const isAllowed = await Promise.race([mayStillSend(), untilAborted(control.signal)]);
        if (!isAllowed) return aborted(0);
      }
      return await timedExchange(request, route, mayStillSend, control, deps);
    } finally {
      slot.free();
    }
  }

  return {
    exchange,
    /** Breaks off what is under way. A client that is only replaced needs no closing: it keeps nothing open. */
    async close() {
      closing.abort();
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener("abort", () => resolve(false), { once: true });
  });
}

function aborted(elapsedMs: number): HttpOutcome {
  return failure("aborted", "the request was broken off before it was sent", elapsedMs);
}

function failure(cause: "refused" | "aborted", message: string, elapsedMs: number): HttpOutcome {
  return { kind: "failure", cause, message, elapsedMs };
}
