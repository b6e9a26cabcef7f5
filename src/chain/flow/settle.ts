import type { Step } from "../../model/run.ts";
import type { EpochMs } from "../../model/time.ts";
import { SECOND_MS } from "../../model/time.ts";
import type { AnswerRules } from "../../model/matcher.ts";
import type { HttpOutcome } from "../../ports/http-client.ts";
import { answerOf } from "../answer/answer.ts";
import { brokenRule } from "../answer/broken-rule.ts";
import { captureValues, sensitiveFinds } from "../answer/capture.ts";
import { judge } from "../answer/judge.ts";
import type { Verdict } from "../answer/judge.ts";
import { nextRetryDelayMs, retryPolicy } from "../answer/retry.ts";
import { valueBytes } from "../record/run-record.ts";
import type { HttpStep } from "./http-step.ts";
import type { PreparedRequest, Sent } from "./prepare-request.ts";

/** The step after this answer: finished, or waiting for its next attempt or poll. */
export function settle(it: HttpStep, step: Step, { expect, until }: PreparedRequest, sent: Sent): Step {
  const { course, action } = it;
  const { outcome } = sent;
  const { now } = course.ports;
  const isSensitive = action.sensitive === true || !hideSensitiveFinds(it, outcome);
  // While it is polled only the status must be good; what else is expected, is expected of the answer that is wanted.
  const open = until === undefined ? undefined : stillOpen(sent, expect, until, isSensitive);
  const verdict = verdictOf(sent, open === undefined ? expect : statusRule(expect), now(), isSensitive);
  const captured = verdict.kind === "ok" ? capture(it, outcome, false) : undefined;
  const isTold = outcome.kind === "response" && !isSensitive;
  const answered: Step = {
    ...step,
    statusCode: verdict.statusCode,
    elapsedMs: outcome.elapsedMs,
    responseSample: isTold ? course.texts.sample(outcome.body, outcome.truncated) : undefined,
    nextAttemptAt: undefined,
  };
  if (verdict.kind === "failed") return settleFailure(it, answered, verdict, sent);
  if (open !== undefined) return pollAgain(it, answered, open, outcome);
  if (captured?.ok === false) return failed(it, answered, course.texts.error(captured.error), outcome);
  return { ...answered, ...captured?.fields, status: "ok", error: undefined };
}

/**
 * Hides what sensitive captures find, before anything of the answer is told, also of one that is not good. False: nobody
 * knows what they would find.
 */
function hideSensitiveFinds({ course, action }: HttpStep, outcome: HttpOutcome): boolean {
  const finds = sensitiveFinds(action, outcome);
  if (finds !== undefined) course.sensitive.hideAll(finds);
  return finds !== undefined;
}

function verdictOf(sent: Sent, expect: AnswerRules | undefined, now: EpochMs, isSensitive: boolean): Verdict {
  const { outcome, unauthorized } = sent;
  if (unauthorized === undefined || outcome.kind !== "failure") return judge(outcome, expect, now, isSensitive);
  return { kind: "failed", error: outcome.message, retryAfterMs: undefined, ...unauthorized };
}

function settleFailure(it: HttpStep, answered: Step, verdict: Extract<Verdict, { kind: "failed" }>, sent: Sent): Step {
  const { course, frame, action } = it;
  const { chance, now } = course.ports;
  const policy = retryPolicy(action, frame.job, course.input.defaults);
  const error = course.texts.error(verdict.error);
  const sinceFirstMs = answered.startedAt === undefined ? 0 : Math.max(0, now() - answered.startedAt);
  const delayMs = nextRetryDelayMs(policy, answered.attempts, chance.fraction(), { ...verdict, sinceFirstMs });
  // A kept token that is not taken any more says nothing about the request: a fresh one is worth an attempt at once.
  const isWorthAFreshToken = sent.dropToken !== undefined && answered.attempts <= policy.retries;
  const waitMs = isWorthAFreshToken ? 0 : delayMs;
  if (waitMs !== undefined) {
    return { ...answered, status: "waiting", error, nextAttemptAt: (now() + waitMs) as EpochMs };
  }
  return failed(it, answered, error, sent.outcome);
}

/**
 * The end of a step that came to nothing good: where the chain goes on, its captures have their defaults.
 * @param error redacted
 */
function failed(it: HttpStep, step: Step, error: string, outcome: HttpOutcome): Step {
  const captured = capture(it, outcome, true);
  return { ...step, ...(captured.ok ? captured.fields : {}), status: "error", error, nextAttemptAt: undefined };
}

/** Which rule of an `until` an answer of a good status does not follow yet. */
function stillOpen(
  { outcome }: Sent,
  expect: AnswerRules | undefined,
  until: AnswerRules,
  isSensitive: boolean,
): string | undefined {
  if (outcome.kind !== "response" || judge(outcome, statusRule(expect), 0 as EpochMs).kind === "failed")
    return undefined;
  return brokenRule(answerOf(outcome), until, isSensitive);
}

function statusRule(rules: AnswerRules | undefined): AnswerRules | undefined {
  return rules?.status === undefined ? undefined : { status: rules.status };
}

function pollAgain(it: HttpStep, answered: Step, open: string, outcome: HttpOutcome): Step {
  const { course, action } = it;
  const now = course.ports.now();
  const { everyMs = 0, timeoutMs = 0 } = action.until ?? {};
  const polls = (answered.polls ?? 0) + 1;
  const nextAttemptAt = (now + everyMs) as EpochMs;
  if (nextAttemptAt <= (answered.startedAt ?? now) + timeoutMs) {
    return { ...answered, status: "waiting", attempts: 0, polls, error: undefined, nextAttemptAt };
  }
  const error = course.texts.error(`not as wanted within ${timeoutMs / SECOND_MS} s (${polls} polls): ${open}`);
  return failed(it, { ...answered, polls }, error, outcome);
}

/** All that the steps of a run that are still needed keep of their answers: the run stays under 1 MB. */
const VALUE_BYTES_PER_RUN = 200_000;
const TOO_MUCH = {
  ok: false,
  error: "the steps of this run take more than 200 KB out of their answers; take less with narrower paths",
} as const;

type CapturedFields = Pick<Step, "values" | "hasSensitiveValues">;

function capture(
  { course, frame, place, action }: HttpStep,
  outcome: HttpOutcome,
  hasFailed: boolean,
): { readonly ok: true; readonly fields: CapturedFields } | { readonly ok: false; readonly error: string } {
  const wanted = (action.name === undefined ? undefined : frame.wanted.get(action.name)) ?? [];
  const captured = captureValues(action, outcome, wanted, course.sensitive.redactor, hasFailed);
  if (!captured.ok) return captured;
  const { values } = captured;
  if (course.record.bytes.values + valueBytes({ values }) > VALUE_BYTES_PER_RUN) return TOO_MUCH;
  const hasSensitive = Object.keys(captured.sensitive).length > 0;
  if (hasSensitive) course.sensitive.keep(place.key, captured.sensitive);
  const hasValues = Object.keys(values).length > 0;
  return {
    ok: true,
    fields: {
      ...(hasValues ? { values } : {}),
      ...(hasSensitive ? { hasSensitiveValues: true } : {}),
    },
  };
}
