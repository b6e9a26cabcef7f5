import type { EpochMs } from "../../../src/model/time.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { HttpClient, HttpOutcome, HttpRequest } from "../../../src/ports/http-client.ts";

/** One attempt as it arrived. */
export interface Arrival {
  readonly at: EpochMs;
  readonly machine: string;
  readonly path: string;
  readonly run: string;
  readonly job: string;
  /** Index of the step. */
  readonly step: number;
  readonly attempt: number;
  readonly fence: number;
  /** `10:05`, in UTC. */
  readonly minute: string;
}

type Answer =
  /** 200 without delay where nothing else is said. */
  | { readonly status?: number; readonly body?: string; readonly afterMs?: number }
  /** No answer comes. */
  | "hangs";

/** @param nth how many requests have come to this path, this one included */
type Script = (arrival: Arrival, nth: number) => Answer;

/** Whom the jobs call: records what arrives and answers by script; a path without one gets 200 at once. */
export interface ScriptedTarget {
  readonly arrivals: readonly Arrival[];
  at(path: string): readonly Arrival[];
  on(path: string, script: Script): void;
  /** Called with each arrival before it is answered. */
  onArrival: (arrival: Arrival) => void;
  /** The way of one machine to it. */
  clientOf(machine: string): HttpClient;
}

export function createScriptedTarget(time: Clock): ScriptedTarget {
  const arrivals: Arrival[] = [];
  const scripts = new Map<string, Script>();
  const at = (path: string) => arrivals.filter((it) => it.path === path);

  async function exchange(machine: string, request: HttpRequest, signal: AbortSignal): Promise<HttpOutcome> {
    const arrival = arrivalOf(machine, request, time.wallNow());
    arrivals.push(arrival);
    target.onArrival(arrival);
    const answer = scripts.get(arrival.path)?.(arrival, at(arrival.path).length) ?? {};
    const afterMs = answer === "hangs" ? Number.POSITIVE_INFINITY : (answer.afterMs ?? 0);
    const elapsedMs = Math.min(afterMs, request.timeoutMs);
    if (elapsedMs > 0) await time.sleep(elapsedMs, signal);
    if (signal.aborted) return failure("aborted", "the request was broken off", elapsedMs);
    if (answer === "hangs" || afterMs > request.timeoutMs) return failure("timeout", "timed out", elapsedMs);
    const { status = 200, body = "" } = answer;
    return { kind: "response", status, headers: {}, body, truncated: false, elapsedMs };
  }

  const target: ScriptedTarget = {
    arrivals,
    at,
    on: (path, script) => void scripts.set(path, script),
    onArrival: () => {},
    clientOf: (machine) => ({ exchange: (request, signal) => exchange(machine, request, signal) }),
  };
  return target;
}

function failure(cause: "timeout" | "aborted", message: string, elapsedMs: number): HttpOutcome {
  return { kind: "failure", cause, message, elapsedMs };
}

function arrivalOf(machine: string, { url, headers }: HttpRequest, at: EpochMs): Arrival {
  const header = (name: string) => headers[name] ?? "";
  return {
    at,
    machine,
    path: new URL(url).pathname,
    run: header("X-FleetCron-Run-Id"),
    job: header("X-FleetCron-Job"),
    step: Number(header("Idempotency-Key").slice(header("X-FleetCron-Run-Id").length + 1)),
    attempt: Number(header("X-FleetCron-Attempt")),
    fence: Number(header("X-FleetCron-Fence")),
    minute: header("X-FleetCron-Scheduled-For").slice(11, 16),
  };
}
