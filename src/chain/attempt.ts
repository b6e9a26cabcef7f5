import type { HttpAction } from "../model/job.ts";
import type { Step } from "../model/run.ts";
import type { EpochMs } from "../model/time.ts";
import type { HttpOutcome, HttpRequest } from "../ports/http-client.ts";
import type { ChainInput, ChainPorts } from "./chain-ports.ts";
import { judge } from "./judge.ts";
import { buildRequest } from "./request.ts";
import { attemptTimeoutMs, nextRetryDelayMs, retryPolicy } from "./retry.ts";
import { traceId, withRunHeaders } from "./run-headers.ts";
import { createStepTexts } from "./step-text.ts";
import type { Rendered } from "./template.ts";
import { createScope } from "./template.ts";

/** The two ends of an attempt: what is sent, and what its answer makes of the step. */
export interface Attempts {
  /** The error is redacted. */
  request(action: HttpAction, index: number, attempt: number): Rendered<HttpRequest>;
  /** The step after this answer: finished, or waiting for its next attempt. */
  settle(action: HttpAction, step: Step, outcome: HttpOutcome): Step;
}

export function createAttempts(input: ChainInput, ports: Pick<ChainPorts, "chance" | "now" | "redactor">): Attempts {
  const { run, job, defaults } = input;
  const { chance, now, redactor } = ports;
  const scope = createScope(run, input.machine, input.secrets);
  const texts = createStepTexts(redactor, job.actions.length);
  const trace = traceId(chance);

  function request(action: HttpAction, index: number, attempt: number): Rendered<HttpRequest> {
    const built = buildRequest(action, scope, attemptTimeoutMs(action, job, defaults), defaults.maxBodyBytes);
    if (!built.ok) return { ok: false, error: texts.error(built.error) };
    const facts = { run, token: run.token, stepIndex: index, attempt, traceId: trace };
    return { ok: true, value: withRunHeaders(built.value, facts, chance) };
  }

  function settle(action: HttpAction, step: Step, outcome: HttpOutcome): Step {
    const verdict = judge(outcome);
    const answered: Step = {
      ...step,
      statusCode: verdict.statusCode,
      elapsedMs: outcome.elapsedMs,
      responseSample: outcome.kind === "response" ? texts.sample(outcome.body, outcome.truncated) : undefined,
      nextAttemptAt: undefined,
    };
    if (verdict.kind === "ok") return { ...answered, status: "ok", error: undefined };
    const error = texts.error(verdict.error);
    const policy = retryPolicy(action, job, defaults);
    const delayMs = verdict.mayRetry ? nextRetryDelayMs(policy, step.attempts, chance.fraction()) : undefined;
    if (delayMs === undefined) return { ...answered, status: "error", error };
    return { ...answered, status: "waiting", error, nextAttemptAt: (now() + delayMs) as EpochMs };
  }

  return { request, settle };
}
