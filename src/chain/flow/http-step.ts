import type { HttpAction } from "../../model/action.ts";
import type { Step } from "../../model/run.ts";
import type { EpochMs } from "../../model/time.ts";
import { isStepOver } from "../../model/step-status.ts";
import { isRepeatedInDoubt, retryPolicy } from "../answer/retry.ts";
import { intentStep } from "../record/step.ts";
import { whenAborted } from "./aborted.ts";
import { isOff } from "./course.ts";
import type { Course } from "./course.ts";
import { failUnsent } from "./fail-step.ts";
import type { Frame, Place } from "./frame.ts";
import { stepAt, stepPlace } from "./frame.ts";
import { prepareRequest } from "./prepare-request.ts";
import type { PreparedRequest } from "./prepare-request.ts";
import { settle } from "./settle.ts";
import { waitUntil } from "./wait-until.ts";

/** What an attempt is made of. */
export interface HttpStep {
  readonly course: Course;
  readonly frame: Frame;
  readonly place: Place;
  readonly action: HttpAction;
}

/**
 * Takes a request to its end: attempts while the policy has any, polls until its answer is as wanted. Counts attempts by
 * what is stored, so none is sent more than retries + 1 times (for each poll), whoever holds the run.
 */
export async function walkHttpStep(it: HttpStep): Promise<void> {
  const { course, frame, place, action } = it;
  const policy = retryPolicy(action, frame.job, course.input.defaults);
  while (course.halt() === undefined) {
    const step = stepAt(course.record, place);
    if (step === undefined) {
      await makeAttempt(it, 1, undefined);
      continue;
    }
    if (isStepOver(step.status)) return;
    if (step.status === "waiting") {
      if (!(await waitUntil(course, step))) continue;
      if (step.attempts <= policy.retries) await makeAttempt(it, step.attempts + 1, step);
      else endWithoutAttempt(it, step, "error", step.error ?? "no attempt is left");
    } else if (course.unsent.has(place.key)) {
      await sendStoredIntent(it, step);
    } else if (isRepeatedInDoubt(policy, step.attempts, sinceStart(course, step))) {
      await makeAttempt(it, step.attempts + 1, step);
    } else {
      const why = course.brokenOff.has(place.key) ? "it was broken off" : "its agent was lost";
      endWithoutAttempt(it, step, "unknown", `${why} before an answer came`);
    }
  }
}

/** Stores the intent of an attempt, then sends it; a request that can't be built costs no attempt. */
async function makeAttempt(it: HttpStep, attempt: number, before: Step | undefined): Promise<void> {
  const { course, place, action } = it;
  const prepared = prepareRequest(it, attempt, before);
  if (!prepared.ok) return failUnsent(course, place, before, prepared.error);
  course.record.note(stampStart(intentStep(action, stepPlace(place), attempt, before), it));
  course.unsent.add(place.key);
  if (await course.save()) await send(it, prepared.value);
}

/** Sends an attempt whose intent was stored by ourselves, with the claim. */
async function sendStoredIntent(it: HttpStep, intent: Step): Promise<void> {
  const { course, place } = it;
  const prepared = prepareRequest(it, intent.attempts, intent);
  if (!prepared.ok) return failUnsent(course, place, { ...intent, attempts: intent.attempts - 1 }, prepared.error);
  course.record.note(stampStart(intent, it));
  await send(it, prepared.value);
}

async function send(it: HttpStep, prepared: PreparedRequest): Promise<void> {
  const { course, place } = it;
  const { ports, signal } = course;
  const abort = whenAborted(signal);
  const permission = await Promise.race([ports.maySend(signal), abort.aborted]).finally(abort.release);
  // Another branch may have heard of a stop before the signal says so.
  if (isOff(course)) return;
  if (permission === false) return course.lose();
  course.unsent.delete(place.key);
  const sent = await prepared.send(signal);
  if (sent.outcome.kind === "failure" && sent.outcome.cause === "aborted") {
    if (signal.aborted) course.brokenOff.add(place.key);
    // Without a stop it was maySend that said no: the session is over.
    else if (!isOff(course)) course.lose();
    return;
  }
  const step = stepAt(course.record, place);
  if (step !== undefined) course.record.note(settle(it, step, prepared, sent));
}

/** How long ago its first attempt was sent, where a time limit counts from there; at least 0. */
function sinceStart({ ports }: Course, { startedAt }: Step): number {
  return startedAt === undefined ? 0 : Math.max(0, ports.now() - startedAt);
}

/** Time limits that span attempts count from the first one. */
function stampStart(intent: Step, { course, frame, action }: HttpStep): Step {
  const hasLimit =
    action.until !== undefined || retryPolicy(action, frame.job, course.input.defaults).totalMs !== undefined;
  return hasLimit && intent.startedAt === undefined ? { ...intent, startedAt: course.ports.now() as EpochMs } : intent;
}

function endWithoutAttempt({ course }: HttpStep, step: Step, status: "error" | "unknown", error: string): void {
  course.record.note({ ...step, nextAttemptAt: undefined, status, error });
}
