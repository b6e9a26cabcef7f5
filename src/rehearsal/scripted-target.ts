import type { GivenAnswer } from "../model/job-test.ts";
import type { EpochMs } from "../model/time.ts";
import type { HttpClient, HttpOutcome, HttpRequest } from "../ports/http-client.ts";
import { fitsUrl } from "./url-pattern.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A request that a rehearsed run made; nothing was sent. */
export interface RehearsedRequest {
  readonly request: HttpRequest;
  /** Path of its step; `undefined` for what is no step's own, such as the fetch of a token. */
  readonly step: string | undefined;
  readonly at: EpochMs;
  /** Which of the given answers it got; `undefined`: none fits. */
  readonly answer: number | undefined;
}

/** Answers requests from a list instead of a network. */
export interface ScriptedTarget {
  readonly http: HttpClient;
  readonly requests: readonly RehearsedRequest[];
  /** Answers that no request has taken. */
  readonly unused: readonly number[];
}

/** @param pathOf the path of the step that makes a request */
export function createScriptedTarget(
  answers: readonly GivenAnswer[],
  clock: VirtualClock,
  pathOf: (request: HttpRequest) => string | undefined,
): ScriptedTarget {
  const requests: RehearsedRequest[] = [];
  const uses = answers.map(() => 0);

  function take(request: HttpRequest, step: string | undefined): number | undefined {
    const found = answers.findIndex((it, index) => (uses[index] ?? 0) < it.times && fits(it.to, request, step));
    if (found === -1) return undefined;
    uses[found] = (uses[found] ?? 0) + 1;
    return found;
  }

  async function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpOutcome> {
    if (signal.aborted) return failure("aborted", "the run was stopped", 0);
    const begun = clock.now();
    const step = pathOf(request);
    const taken = take(request, step);
    requests.push({ request, step, at: begun, answer: taken });
    const answer = taken === undefined ? undefined : answers[taken];
    // Refused is never tried again: one missing answer is told once.
    if (answer === undefined) return failure("refused", `no answer is given for ${request.method} ${request.url}`, 0);
    const { outcome, delayMs } = answer;
    const neverComes = outcome.kind === "failure" && outcome.cause === "timeout";
    const tookMs = Math.min(neverComes ? Number.POSITIVE_INFINITY : delayMs, request.timeoutMs);
    if (tookMs > 0) await clock.sleepUntil((begun + tookMs) as EpochMs, signal);
    if (signal.aborted) return failure("aborted", "the run was stopped", clock.now() - begun);
    if (neverComes || delayMs >= request.timeoutMs) {
      return failure("timeout", `no answer within ${request.timeoutMs / 1_000} s`, tookMs);
    }
    if (outcome.kind === "failure") return failure("network", "the connection broke off", tookMs);
    const isLong = Buffer.byteLength(outcome.body) > request.maxBodyBytes;
    return {
      kind: "response",
      status: outcome.status,
      headers: outcome.headers,
      body: isLong ? Buffer.from(outcome.body).subarray(0, request.maxBodyBytes).toString() : outcome.body,
      truncated: isLong,
      elapsedMs: tookMs,
    };
  }

  return {
    http: { exchange },
    requests,
    get unused() {
      return uses.flatMap((count, index) => (count === 0 ? [index] : []));
    },
  };
}

/** Whether a path is the one that a test names: the whole of it, or its last name. */
export function fitsStep(path: string | undefined, named: string): boolean {
  return path !== undefined && (path === named || path.endsWith(`/${named}`));
}

function fits(to: GivenAnswer["to"], request: HttpRequest, step: string | undefined): boolean {
  return (
    (to.method === undefined || to.method === request.method) &&
    (to.url === undefined || fitsUrl(request.url, to.url)) &&
    (to.step === undefined || fitsStep(step, to.step))
  );
}

function failure(
  cause: Extract<HttpOutcome, { kind: "failure" }>["cause"],
  message: string,
  elapsedMs: number,
): HttpOutcome {
  return { kind: "failure", cause, message, elapsedMs };
}
