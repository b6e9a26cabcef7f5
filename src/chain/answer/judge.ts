import type { AnswerRules } from "../../model/matcher.ts";
import type { FailureClass } from "../../model/retry.ts";
import type { EpochMs } from "../../model/time.ts";
import type { HttpOutcome } from "../../ports/http-client.ts";
import { answerOf } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { brokenContent, brokenStatus } from "./broken-rule.ts";
import { retryAfterMs } from "./retry-after.ts";
import { statusClass } from "./status-class.ts";

/** What an attempt came to. */
export type Verdict =
  | { readonly kind: "ok"; readonly statusCode: number }
  | {
      readonly kind: "failed";
      readonly statusCode: number | undefined;
      /** The rule that failed, in plain words; may hold a secret until redacted. */
      readonly error: string;
      /** `undefined` where the same request can only fail the same way: our own policy refused it. */
      readonly failureClass: FailureClass | undefined;
      /** How long the server asks to wait before the next attempt; at least 0. */
      readonly retryAfterMs: number | undefined;
    };

/**
 * Whether an attempt is good: an answer that keeps all rules; without a rule for it, its status is 2xx.
 * @param rules with their templates filled in
 * @param now what a date in `Retry-After` is compared with
 * @param isSensitive true: the error holds nothing out of the answer but its status
 */
export function judge(
  outcome: HttpOutcome,
  rules: AnswerRules | undefined,
  now: EpochMs,
  isSensitive = false,
): Verdict {
  if (outcome.kind === "failure") {
    const { cause, message } = outcome;
    const failureClass = cause === "timeout" || cause === "network" ? cause : undefined;
    return { kind: "failed", statusCode: undefined, error: message, failureClass, retryAfterMs: undefined };
  }
  const answer = answerOf(outcome);
  const classBelow400 = rules?.status === undefined ? "3xx" : "expect";
  const failed = (error: string, failureClass: FailureClass): Verdict => {
    const header = answer.header("retry-after");
    const waitMs = header === undefined ? undefined : retryAfterMs(header, now);
    return { kind: "failed", statusCode: answer.status, error, failureClass, retryAfterMs: waitMs };
  };
  const wrongStatus = rules?.status === undefined ? notGood(answer) : brokenStatus(answer, rules);
  if (wrongStatus !== undefined) return failed(wrongStatus, statusClass(answer.status) ?? classBelow400);
  const broken = rules === undefined ? undefined : brokenContent(answer, rules, isSensitive);
  if (broken !== undefined) return failed(`HTTP ${answer.status}, but ${broken}`, "expect");
  return { kind: "ok", statusCode: answer.status };
}

function notGood({ status }: Answer): string | undefined {
  return status >= 200 && status <= 299 ? undefined : `HTTP ${status}`;
}
