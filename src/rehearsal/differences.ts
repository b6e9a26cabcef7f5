import { compilePattern } from "../expression/pattern.ts";
import type { ExpectedRun, ExpectedStep, StepResult } from "../model/job-test.ts";
import type { Step } from "../model/run.ts";
import { SECOND_MS } from "../model/time.ts";
import type { Performance } from "./play.ts";
import { requestDifferences, requestWords } from "./request-differences.ts";
import { fitsStep } from "./scripted-target.ts";
import { type Difference, matcherDifference, valueDifferences } from "./value-differences.ts";

/** What a performance has otherwise than a test expects; nothing of it is redacted. */
export function differencesOf(expected: ExpectedRun, played: Performance): readonly Difference[] {
  return [
    ...troubleDifferences(played),
    ...endDifferences(expected, played),
    ...requestDifferences(expected, played.requests),
    ...Object.entries(expected.steps).flatMap(([name, step]) => stepDifferences(name, step, played)),
    ...Object.entries(expected.vars).flatMap(([name, value]) =>
      valueDifferences(`vars.${name}`, value, Object.hasOwn(played.captured, name) ? played.captured[name] : undefined),
    ),
    ...(expected.tookSec === undefined
      ? []
      : matcherDifference("took_sec", expected.tookSec, played.tookMs / SECOND_MS)),
  ];
}

/** What no test can expect: a chain without end, a request that nothing answers. */
function troubleDifferences({ trouble, requests }: Performance): readonly Difference[] {
  const unanswered = requests.flatMap((it, index) =>
    it.answer === undefined
      ? [
          {
            about: `request ${index + 1}`,
            expected: "a given answer that fits it",
            got: `none for ${requestWords(it)}`,
          },
        ]
      : [],
  );
  if (trouble === undefined) return unanswered;
  return [{ about: "the run", expected: "an end", got: trouble }, ...unanswered];
}

function endDifferences({ result, reasonMatches }: ExpectedRun, { end, trouble }: Performance): readonly Difference[] {
  if (trouble !== undefined) return [];
  const differences: Difference[] = [];
  const reason = end?.reason;
  if (result !== undefined && end?.status !== result) {
    const because = reason === undefined ? "" : `: ${reason}`;
    differences.push({ about: "result", expected: result, got: `${end?.status ?? "no end"}${because}` });
  }
  if (reasonMatches !== undefined) differences.push(...patternDifference("reason", reasonMatches, reason));
  return differences;
}

function patternDifference(about: string, pattern: string, text: string | undefined): readonly Difference[] {
  const compiled = compilePattern(pattern);
  if (compiled.ok && text !== undefined && compiled.pattern.find(text) !== undefined) return [];
  return [{ about, expected: `a text that matches ${pattern}`, got: text ?? "nothing" }];
}

/** Several steps can have one name, as those of the items of a `for_each`; then each must be as expected. */
function stepDifferences(name: string, expected: ExpectedStep, { steps }: Performance): readonly Difference[] {
  const exact = steps.filter(({ path }) => path === name);
  const found = exact.length > 0 ? exact : steps.filter(({ path }) => fitsStep(path, name));
  if (found.length > 0) return found.flatMap(({ path, step }) => fieldDifferences(path, expected, step));
  if (expected.result === "not_reached") return [];
  const known = steps.map(({ path }) => path).slice(0, 20);
  const got = known.length === 0 ? "no step was reached" : `not reached; the steps were ${known.join(", ")}`;
  return [{ about: `step ${name}`, expected: expected.result ?? "to be reached", got }];
}

function fieldDifferences(path: string, expected: ExpectedStep, step: Step): readonly Difference[] {
  const about = `step ${path}`;
  const result = resultOf(step);
  const error = step.error === undefined ? "" : `: ${step.error}`;
  const { items } = expected;
  return [
    ...(expected.result !== undefined && expected.result !== result
      ? [{ about, expected: expected.result, got: `${result}${error}` }]
      : []),
    ...(expected.status === undefined ? [] : matcherDifference(`${about}, status`, expected.status, step.statusCode)),
    ...(expected.attempts === undefined
      ? []
      : matcherDifference(`${about}, attempts`, expected.attempts, step.attempts)),
    ...(expected.polls === undefined ? [] : matcherDifference(`${about}, polls`, expected.polls, step.polls ?? 0)),
    ...(expected.errorMatches === undefined
      ? []
      : patternDifference(`${about}, error`, expected.errorMatches, step.error)),
    ...(["total", "ok", "failed", "skipped"] as const).flatMap((count) => {
      const matcher = items[count];
      return matcher === undefined ? [] : matcherDifference(`${about}, items ${count}`, matcher, step.items?.[count]);
    }),
  ];
}

function resultOf({ status }: Step): StepResult | Step["status"] {
  return status === "skipped_when" ? "skipped" : status;
}
