import type { HttpResponse } from "../../../src/chain/answer/answer.ts";
import type { HttpOutcome } from "../../../src/ports/http-client.ts";

export function response(overrides: Partial<HttpResponse> = {}): HttpResponse {
  return { kind: "response", status: 200, headers: {}, body: "", truncated: false, elapsedMs: 5, ...overrides };
}

export function failure(cause: "timeout" | "network" | "refused", message: string): HttpOutcome {
  return { kind: "failure", cause, message, elapsedMs: 5 };
}
