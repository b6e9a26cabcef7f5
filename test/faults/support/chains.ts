import type { Arrival, Target } from "../../support/target.ts";

export interface Retry {
  readonly retries: number;
  readonly delay_sec?: number;
}

/** A POST to `/<name>` that tells which machine sends it. */
export function post(target: Target, name: string, retry: Retry): Readonly<Record<string, unknown>> {
  const headers = { "x-machine": "{{machine.id}}" };
  const url = `${target.url}/${name}`;
  return { type: "http", name, method: "POST", url, headers, retry: { delay_sec: 1, backoff: 1, ...retry } };
}

/** Steps `one`, `two` and `three`. */
export function threePosts(target: Target, retry: Retry): readonly Readonly<Record<string, unknown>>[] {
  return ["one", "two", "three"].map((name) => post(target, name, retry));
}

/** A job that runs when a command says so. */
export function onDemand(name: string): { readonly name: string; readonly schedule: string } {
  return { name, schedule: "0 0 1 1 *" };
}

export const machineOf = (arrival: Arrival): string | undefined => arrival.headers["x-machine"];

/** Sends by step, over all machines and attempts. */
function sendsByStep(arrivals: readonly Arrival[]): ReadonlyMap<string, number> {
  const sends = new Map<string, number>();
  for (const { headers } of arrivals) {
    const key = headers["idempotency-key"] ?? "without a key";
    sends.set(key, (sends.get(key) ?? 0) + 1);
  }
  return sends;
}

/** Steps that were sent more often than once and their retries: there must be none. */
export function sentTooOften(arrivals: readonly Arrival[], retries: number): readonly string[] {
  return [...sendsByStep(arrivals)]
    .filter(([, sends]) => sends > retries + 1)
    .map(([key, sends]) => `${key}: ${sends}`);
}
