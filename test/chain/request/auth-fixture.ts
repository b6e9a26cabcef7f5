import { authorize } from "../../../src/chain/request/authorize.ts";
import type { Authorized, AuthPorts } from "../../../src/chain/request/authorize.ts";
import { createTokenCache } from "../../../src/chain/request/token-cache.ts";
import type { Auth } from "../../../src/model/auth.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { HttpClient, HttpOutcome, HttpRequest } from "../../../src/ports/http-client.ts";
import { scopeOf } from "../../support/scope-of.ts";

export const NOW = Date.UTC(2026, 10, 21, 5, 30) as EpochMs;

export function request(overrides: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "GET",
    url: "https://target.test/",
    headers: {},
    body: undefined,
    timeoutMs: 10_000,
    redirects: 5,
    maxBodyBytes: 1_000,
    ...overrides,
  };
}

/** A client that answers by script, and what it was asked. */
export function scripted(answer: (request: HttpRequest, nth: number) => HttpOutcome | Promise<HttpOutcome>): {
  readonly http: HttpClient;
  readonly sent: readonly HttpRequest[];
} {
  const sent: HttpRequest[] = [];
  const http: HttpClient = {
    exchange: async (asked) => {
      sent.push(asked);
      return answer(asked, sent.length);
    },
  };
  return { http, sent };
}

/** Ports with a clock that stands still and uuids that count. */
export function authPorts(overrides: Partial<AuthPorts> = {}): AuthPorts {
  let uuids = 0;
  return {
    http: scripted(() => ({ kind: "failure", cause: "network", message: "there is no network", elapsedMs: 0 })).http,
    chance: { uuid: () => `00000000-0000-4000-8000-${String(uuids++).padStart(12, "0")}` },
    now: () => NOW,
    tokens: createTokenCache(),
    maySend: async () => true,
    ...overrides,
  };
}

export interface Asked {
  readonly request?: HttpRequest;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: JsonObject;
  readonly ports?: AuthPorts;
  readonly signal?: AbortSignal;
}

export function authorized(auth: Auth, asked: Asked = {}): Promise<Authorized> {
  const { secrets = {}, vars = {}, ports = authPorts(), signal = new AbortController().signal } = asked;
  return authorize(asked.request ?? request(), auth, scopeOf(secrets, { vars }), ports, signal);
}

/** The request with who sends it. */
export async function signed(auth: Auth, asked: Asked = {}): Promise<HttpRequest> {
  const made = await authorized(auth, asked);
  if (!made.ok) throw new Error(made.error);
  return made.request;
}

export async function problemOf(auth: Auth, asked: Asked = {}): Promise<string> {
  const made = await authorized(auth, asked);
  return made.ok ? "no problem" : made.error;
}

export function answered(status: number, body: unknown, elapsedMs = 0): HttpOutcome {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "response", status, headers: {}, body: text, truncated: false, elapsedMs };
}
