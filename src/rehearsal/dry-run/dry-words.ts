import { retryPolicy } from "../../chain/answer/retry.ts";
import type { HttpAction } from "../../model/action.ts";
import type { HttpDefaults } from "../../model/config.ts";
import { exactLength } from "../../model/exact-length.ts";
import type { Job } from "../../model/job.ts";
import { rulesWords } from "../rule-words.ts";

/** What a request does beside being sent. */
export function requestNotes(action: HttpAction, job: Job, defaults: HttpDefaults): readonly string[] {
  const { expect, until, capture } = action;
  const captured = Object.keys(capture ?? {});
  return [
    attemptsNote(action, job, defaults),
    ...(expect === undefined ? [] : [`expects ${rulesWords(expect)}`]),
    ...(until === undefined
      ? []
      : [
          `repeated every ${exactLength(until.everyMs)} until ${rulesWords(until.rules)}, for ${exactLength(until.timeoutMs)} at most`,
        ]),
    ...(captured.length === 0 ? [] : [`captures ${captured.join(", ")}`]),
    ...(action.continueOnFailure ? ["the chain goes on when it fails"] : []),
  ];
}

function attemptsNote(action: HttpAction, job: Job, defaults: HttpDefaults): string {
  const { retries, delayMs, backoff } = retryPolicy(action, job, defaults);
  if (retries === 0) return "sent once at most";
  const pauses = backoff > 1 && retries > 1 ? `pauses from ${exactLength(delayMs)}` : `${exactLength(delayMs)} apart`;
  return `up to ${retries + 1} attempts, ${pauses}`;
}
