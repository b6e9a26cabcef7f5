import { createHttpClient } from "../../../src/adapters/undici/http-client.ts";
import type { HttpClientDeps } from "../../../src/adapters/undici/http-client.ts";
import type { Egress } from "../../../src/model/config.ts";
import type { MonotonicMs } from "../../../src/model/time.ts";
import type { HttpOutcome, HttpRequest } from "../../../src/ports/http-client.ts";

export const egress: Egress = { allowHosts: [], denyNets: [], publicOnly: false, proxy: "none", caFile: undefined };

export function clientOf(rules: Partial<Egress> = {}, deps: Partial<HttpClientDeps> = {}) {
  return createHttpClient({
    egress: { ...egress, ...rules },
    maxPerHost: 4,
    mongodbHosts: () => [],
    clock: { monotonicNow: () => performance.now() as MonotonicMs },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    env: {},
    ...deps,
  });
}

export function get(url: string, overrides: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "GET",
    url,
    headers: {},
    body: undefined,
    timeoutMs: 5_000,
    redirects: 5,
    maxBodyBytes: 1_048_576,
    ...overrides,
  };
}

export function fetchOnce(request: HttpRequest, rules: Partial<Egress> = {}): Promise<HttpOutcome> {
  return clientOf(rules).exchange(request, new AbortController().signal);
}
