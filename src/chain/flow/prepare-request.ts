import type { AnswerRules } from "../../model/matcher.ts";
import type { Step } from "../../model/run.ts";
import type { HttpOutcome, HttpRequest } from "../../ports/http-client.ts";
import type { FailureClass } from "../../model/retry.ts";
import { renderText } from "../../expression/render-text.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import type { TlsOptions } from "../../model/auth.ts";
import { renderRules } from "../answer/render-rules.ts";
import { attemptTimeoutMs } from "../answer/retry.ts";
import { authorize } from "../request/authorize.ts";
import { buildRequest } from "../request/build-request.ts";
import { renderAuth } from "../request/render-auth.ts";
import { withRunHeaders } from "../request/run-headers.ts";
import { isOff } from "./course.ts";
import type { HttpStep } from "./http-step.ts";

/** All of an attempt that can go wrong before anything is sent is behind it. */
export interface PreparedRequest {
  readonly request: HttpRequest;
  /** With their templates filled in. */
  readonly expect: AnswerRules | undefined;
  readonly until: AnswerRules | undefined;
  send(signal: AbortSignal): Promise<Sent>;
}

export interface Sent {
  readonly outcome: HttpOutcome;
  /** The request itself was not sent: what it needs to say who sends it could not be had. */
  readonly unauthorized?: { readonly failureClass: FailureClass | undefined; readonly statusCode: number | undefined };
  /** Forgets the kept token that the request was made with; `undefined`: there was none. */
  readonly dropToken?: () => void;
}

/** @returns the request of an attempt, or in plain words why there is none; the error may hold a secret */
export function prepareRequest(it: HttpStep, attempt: number, before: Step | undefined): Rendered<PreparedRequest> {
  const { course, frame, place, action } = it;
  const { input, ports } = course;
  const { scope, job } = frame;
  const tls = renderTls(job.tls, scope);
  if (!tls.ok) return tls;
  const timeoutMs = attemptTimeoutMs(action, job, input.defaults);
  const limits = { timeoutMs, maxBodyBytes: input.defaults.maxBodyBytes };
  const built = buildRequest(action, scope, tls.value === undefined ? limits : { ...limits, tls: tls.value });
  if (!built.ok) return built;
  // What it names must be there before anything is sent; it is filled in anew for each attempt.
  const auth = action.auth === undefined ? undefined : renderAuth(action.auth, scope);
  if (auth?.ok === false) return auth;
  const expect = renderOptional(action.expect, scope);
  if (!expect.ok) return expect;
  const until = renderOptional(action.until?.rules, scope);
  if (!until.ok) return until;
  const poll = before?.polls ?? 0;
  const step = poll === 0 ? place.key : `${place.key}:${poll}`;
  const facts = { run: input.run, token: input.run.token, step, attempt, traceId: course.trace };
  const request = withRunHeaders(built.value, facts, ports.chance);
  const send = (signal: AbortSignal): Promise<Sent> => sendAuthorized(it, request, signal);
  return { ok: true, value: { request, expect: expect.value, until: until.value, send } };
}

async function sendAuthorized(
  { course, frame, action }: HttpStep,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<Sent> {
  const { ports } = course;
  const maySend = async () => !isOff(course) && (await ports.maySend(signal)) && !isOff(course);
  if (action.auth === undefined) return { outcome: await ports.http.exchange(request, signal, maySend) };
  const authorized = await authorize(request, action.auth, frame.scope, { ...ports, maySend }, signal);
  if (!authorized.ok) {
    const { error, failureClass, statusCode, isBrokenOff } = authorized;
    // Nobody answers a request that was broken off.
    if (signal.aborted || isBrokenOff === true)
      return { outcome: { kind: "failure", cause: "aborted", message: error, elapsedMs: 0 } };
    const outcome = { kind: "failure", cause: "refused", message: error, elapsedMs: 0 } as const;
    return { outcome, unauthorized: { failureClass, statusCode } };
  }
  for (const secret of authorized.secrets) course.sensitive.hide("access token", secret);
  const outcome = await ports.http.exchange(authorized.request, signal, maySend);
  const isRefused = outcome.kind === "response" && (outcome.status === 401 || outcome.status === 403);
  if (!isRefused) return { outcome };
  authorized.drop();
  return authorized.usedKeptToken ? { outcome, dropToken: authorized.drop } : { outcome };
}

function renderOptional(rules: AnswerRules | undefined, scope: Scope): Rendered<AnswerRules | undefined> {
  return rules === undefined ? { ok: true, value: undefined } : renderRules(rules, scope);
}

function renderTls(tls: TlsOptions | undefined, scope: Scope): Rendered<TlsOptions | undefined> {
  if (tls === undefined) return { ok: true, value: undefined };
  const filled: Record<"ca" | "cert" | "key", string | undefined> = { ca: tls.ca, cert: tls.cert, key: tls.key };
  for (const name of ["ca", "cert", "key"] as const) {
    const text = filled[name];
    if (text === undefined) continue;
    const rendered = renderText(text, scope, "text");
    if (!rendered.ok) return rendered;
    filled[name] = rendered.value;
  }
  return { ok: true, value: { ...filled, insecure: tls.insecure } };
}
