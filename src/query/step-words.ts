import { jsonText } from "../model/json-text.ts";
import { type ItemCounts, type Step, stepKey } from "../model/run.ts";
import { isCaptureName } from "../model/step-values.ts";
import type { EpochMs } from "../model/time.ts";
import { relativeTime } from "./times.ts";

/** Says a moment as a time of the day, with its date where that is another. */
export type SayClock = (at: EpochMs) => string;

/** The number of a step as people count: `3`, the 18th item of it `3.18`, the first step of that `3.18.1`. */
export function stepNumber(step: Pick<Step, "index" | "parent">): string {
  return stepKey(step)
    .split("/")
    .map((place) => Number(place) + 1)
    .join(".");
}

/** Why a step is there beside the actions, as in `submit (on failure)`. */
export function partWords({ part }: { readonly part?: Step["part"] | undefined }): string | undefined {
  if (part === undefined) return undefined;
  return part === "on_failure" ? "on failure" : "finally";
}

/** `1,000` */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `980 ok, 20 failed of 1,000`, and how many are still to end. */
export function itemWords({ total, ok, failed, skipped }: ItemCounts): string {
  if (total === 0) return "no items";
  const open = total - ok - failed - skipped;
  const parts = [
    `${count(ok)} ok`,
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
    ...(open > 0 ? [`${count(open)} to go`] : []),
  ];
  return `${parts.join(", ")} of ${count(total)}`;
}

/** What a step took out of its answer for people's own names: `id = "j-1", ids = [1,2]`. */
export function captureWords({ values = {} }: Step): string | undefined {
  const own = Object.entries(values).filter(([key]) => isCaptureName(key));
  return own.length === 0 ? undefined : own.map(([key, value]) => `${key} = ${jsonText(value)}`).join(", ");
}

/**
 * What a step waits for, or sends again: `poll 17 at 14:32:10 (in 12 s)`. `undefined` for any other step.
 * @param now `undefined`: nothing is said of how long it still is
 */
export function progressWords(step: Step, clock: SayClock, now: EpochMs | undefined): string | undefined {
  const { status, attempts, polls = 0, nextAttemptAt } = step;
  if (status === "ok") return polls === 0 ? undefined : `after ${count(polls + 1)} polls`;
  if (status === "sending") {
    const attempt = attempts > 1 ? `attempt ${attempts}` : undefined;
    return listed(polls === 0 ? undefined : `poll ${count(polls + 1)}`, attempt);
  }
  if (status !== "waiting" || nextAttemptAt === undefined) return undefined;
  const when = `${clock(nextAttemptAt)}${now === undefined ? "" : ` (${relativeTime(nextAttemptAt, now)})`}`;
  const next = listed(
    polls === 0 ? undefined : `poll ${count(polls + 1)}`,
    attempts === 0 ? undefined : `attempt ${attempts + 1}`,
  );
  return next === undefined ? `waits until ${when}` : `${next} at ${when}`;
}

function listed(...parts: readonly (string | undefined)[]): string | undefined {
  const said = parts.filter((it) => it !== undefined);
  return said.length === 0 ? undefined : said.join(", ");
}
