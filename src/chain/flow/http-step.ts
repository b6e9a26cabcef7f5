import type { HttpAction } from "../model/job.ts";
import type { Step } from "../model/run.ts";
import type { HttpRequest } from "../ports/http-client.ts";
import { whenAborted } from "./aborted.ts";
import { refused } from "./break-off-run.ts";
import type { ChainResult } from "./chain-ports.ts";
import type { Course } from "./course.ts";
import { blankStep, intentStep } from "./step.ts";

/** Stores the intent of an attempt, then sends it; a request that can't be built costs no attempt. */
export async function makeAttempt(
  course: Course,
  action: HttpAction,
  index: number,
  attempt: number,
): Promise<ChainResult | "go on"> {
  const { record, attempts } = course;
  const before = record.steps[index];
  const request = attempts.request(action, index, attempt);
  if (!request.ok)
    return failUnsent(course, before ?? { ...blankStep(action, index), status: "sending" }, request.error);
  const intent = intentStep(action, index, attempt, before);
  const outcome = await record.save(intent);
  if (outcome !== "stored") return refused(course, outcome);
  course.isUnsent = true;
  return send(course, action, intent, request.value);
}

/** Sends an attempt whose intent was stored by ourselves, with the claim. */
export async function sendIntent(course: Course, action: HttpAction, intent: Step): Promise<ChainResult | "go on"> {
  const request = course.attempts.request(action, intent.index, intent.attempts);
  if (!request.ok) return failUnsent(course, { ...intent, attempts: intent.attempts - 1 }, request.error);
  return send(course, action, intent, request.value);
}

/** What can't be built will not build at a second try. */
function failUnsent(course: Course, step: Step, error: string): "go on" {
  course.record.note({ ...step, status: "error", error, nextAttemptAt: undefined });
  course.isUnsent = false;
  return "go on";
}

async function send(
  course: Course,
  action: HttpAction,
  intent: Step,
  request: HttpRequest,
): Promise<ChainResult | "go on"> {
  const { ports, signal, record, attempts } = course;
  const abort = whenAborted(signal);
  const permission = await Promise.race([ports.maySend(), abort.aborted]).finally(abort.release);
  if (permission === false) return { outcome: "left" };
  if (signal.aborted) return "go on";
  course.isUnsent = false;
  const outcome = await ports.http.exchange(request, signal, () => ports.maySend());
  if (outcome.kind === "failure" && outcome.cause === "aborted") {
    // Without an abort of ours it was maySend that said no: the session is over.
    return signal.aborted ? "go on" : { outcome: "left" };
  }
  record.note(attempts.settle(action, intent, outcome));
  return "go on";
}
