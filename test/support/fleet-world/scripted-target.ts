import type { StepKey } from "../../../src/model/run.ts";
import type { EpochMs } from "../../../src/model/time.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { HttpClient, HttpOutcome, HttpRequest } from "../../../src/ports/http-client.ts";

/** One attempt as it arrived. */
export interface Arrival {
  readonly at: EpochMs;
  readonly machine: string;
  /** The agent that sent it. */
  readonly life: string;
  readonly path: string;
  readonly run: string;
  readonly job: string;
  readonly step: StepKey;
  /** Which poll of an `until`, from 0; 0 for all else. */
  readonly poll: number;
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
  /** How long it takes to connect; when the connection stands, the agent is asked whether it may still send. */
  connectMs: (machine: string) => number;
  clientOf(sender: Sender): HttpClient;
}

/** One agent's way to the target: what sleeps or is answered there stops while its process does. */
interface Sender {
  readonly machine: string;
  readonly life: string;
  readonly sleep: Clock["sleep"];
  through<T>(answer: Promise<T>): Promise<T>;
}

export function createScriptedTarget(time: Clock): ScriptedTarget {
  const arrivals: Arrival[] = [];
  const byPath = new Map<string, Arrival[]>();
  const scripts = new Map<string, Script>();

  function arrive(sender: Sender, request: HttpRequest): { readonly arrival: Arrival; readonly nth: number } {
    const arrival = arrivalOf(sender, request, time.wallNow());
    arrivals.push(arrival);
    const here = byPath.get(arrival.path) ?? [];
    byPath.set(arrival.path, here);
    here.push(arrival);
    target.onArrival(arrival);
    return { arrival, nth: here.length };
  }

  async function answer(sender: Sender, request: HttpRequest, signal: AbortSignal): Promise<HttpOutcome> {
    const { arrival, nth } = arrive(sender, request);
    const scripted = scripts.get(arrival.path)?.(arrival, nth) ?? {};
    const afterMs = scripted === "hangs" ? Number.POSITIVE_INFINITY : (scripted.afterMs ?? 0);
    const elapsedMs = Math.min(afterMs, request.timeoutMs);
    if (elapsedMs > 0) await time.sleep(elapsedMs, signal);
    if (signal.aborted) return failure("aborted", "the request was broken off", elapsedMs);
    if (scripted === "hangs" || afterMs > request.timeoutMs) return failure("timeout", "timed out", elapsedMs);
    const { status = 200, body = "" } = scripted;
    return { kind: "response", status, headers: {}, body, truncated: false, elapsedMs };
  }

  async function connect(
    { machine, sleep }: Sender,
    signal: AbortSignal,
    mayStillSend: (() => Promise<boolean>) | undefined,
  ): Promise<HttpOutcome | undefined> {
    const connectMs = target.connectMs(machine);
    if (connectMs === 0) return undefined;
    await sleep(connectMs, signal);
    const isWanted = !signal.aborted && (mayStillSend === undefined || (await mayStillSend()));
    return isWanted && !signal.aborted ? undefined : failure("aborted", "it may not be sent any more", connectMs);
  }

  const target: ScriptedTarget = {
    arrivals,
    at: (path) => byPath.get(path) ?? [],
    on: (path, script) => void scripts.set(path, script),
    onArrival: () => {},
    connectMs: () => 0,
    clientOf: (sender) => ({
      exchange: async (request, signal, mayStillSend) =>
        (await connect(sender, signal, mayStillSend)) ?? sender.through(answer(sender, request, signal)),
    }),
  };
  return target;
}

function failure(cause: "timeout" | "aborted", message: string, elapsedMs: number): HttpOutcome {
  return { kind: "failure", cause, message, elapsedMs };
}

function arrivalOf({ machine, life }: Sender, { url, headers }: HttpRequest, at: EpochMs): Arrival {
  const header = (name: string) => headers[name] ?? "";
  const [step = "", poll = "0"] = header("Idempotency-Key")
    .slice(header("X-FleetCron-Run-Id").length + 1)
    .split(":");
  return {
    at,
    machine,
    life,
    path: new URL(url).pathname,
    run: header("X-FleetCron-Run-Id"),
    job: header("X-FleetCron-Job"),
    step: step as StepKey,
    poll: Number(poll),
    attempt: Number(header("X-FleetCron-Attempt")),
    fence: Number(header("X-FleetCron-Fence")),
    minute: header("X-FleetCron-Scheduled-For").slice(11, 16),
  };
}
