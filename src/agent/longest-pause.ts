import { RETRY_DELAY_MS_MAX } from "../chain/answer/retry.ts";
import type { Action } from "../model/action.ts";
import type { Job } from "../model/job.ts";

/** The longest pause that a run of this job can ever ask for: retries within their limit, polls, sleeps. */
export function longestPauseMs({ actions, onFailure = [], finally: last = [], runTimeoutMs }: Job): number {
  const ofAction = (action: Action): number => {
    switch (action.type) {
      case "http":
        return action.until?.everyMs ?? 0;
      case "sleep":
        return typeof action.for === "number" ? action.for : runTimeoutMs;
      case "for_each":
        return Math.max(0, ...[...action.actions, ...action.onFailure, ...action.finally].map(ofAction));
      case "job":
        return runTimeoutMs;
    }
  };
  return Math.max(RETRY_DELAY_MS_MAX, ...[...actions, ...onFailure, ...last].map(ofAction));
}
