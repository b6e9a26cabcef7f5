import { exactLength } from "../model/exact-length.ts";
import { type Step, type StepKey, stepKey } from "../model/run.ts";
import { type EpochMs, SECOND_MS } from "../model/time.ts";
import { hasStepFailed, isStepOver } from "../model/step-status.ts";
import type { RunRecord } from "../ports/run-history.ts";
import { isFinal } from "./follow-run.ts";
import { runClock } from "./run-clock.ts";
import { type StepNode, stepTree } from "./step-tree.ts";
import { captureWords, count, itemWords, partWords, progressWords, type SayClock, stepNumber } from "./step-words.ts";

/** Between two lines that count the items of the same list. */
const COUNT_EVERY_MS = SECOND_MS;
/** Items of a list that are told of when they fail; all are counted. */
const FAILED_ITEMS_TOLD = 20;

/** Tells what has changed in a run each time that somebody has looked at it. */
export interface RunNews {
  /** Lines for people, each with the time at which it was seen. What was told is not told again. */
  since(run: RunRecord, now: EpochMs): readonly string[];
}

interface Told {
  readonly words: string;
  readonly at: EpochMs;
}

export function createRunNews(): RunNews {
  let last: RunRecord | undefined;
  const told = new Map<StepKey, Told>();
  const failedItems = new Map<StepKey, number>();

  function ofStep({ step, parts }: StepNode, clock: SayClock, now: EpochMs): readonly string[] {
    const lines = step.items === undefined ? parts.flatMap((it) => ofStep(it, clock, now)) : ofItems(step, parts);
    const words = wordsOf(step, clock);
    const key = stepKey(step);
    const before = told.get(key);
    if (words === undefined || words === before?.words) return lines;
    const isTooSoon = step.items !== undefined && !isStepOver(step.status) && now - (before?.at ?? 0) < COUNT_EVERY_MS;
    if (isTooSoon) return lines;
    told.set(key, { words, at: now });
    // What a step is made of is told before how it ended, and after that it began.
    return isStepOver(step.status) ? [...lines, words] : [words, ...lines];
  }

  function ofItems(step: Step, items: readonly StepNode[]): readonly string[] {
    const key = stepKey(step);
    const lines: string[] = [];
    for (const { step: item } of items) {
      if (!hasStepFailed(item.status) || told.has(stepKey(item))) continue;
      told.set(stepKey(item), { words: "", at: 0 as EpochMs });
      const before = failedItems.get(key) ?? 0;
      failedItems.set(key, before + 1);
      if (before < FAILED_ITEMS_TOLD) lines.push(`${nameOf(item)}: ${item.status}: ${item.error ?? ""}`);
      if (before === FAILED_ITEMS_TOLD) lines.push(`${nameOf(step)}: more items fail; they are counted`);
    }
    return lines;
  }

  function ofRun(run: RunRecord): readonly string[] {
    const lines: string[] = [];
    if (last?.status !== run.status && !isFinal(run.status)) lines.push(run.status);
    if (run.takeovers > (last?.takeovers ?? 0)) lines.push("another agent goes on with it");
    if (run.cancelRequested && last?.cancelRequested !== true && !isFinal(run.status)) lines.push("cancel requested");
    return lines;
  }

  return {
    since(run, now) {
      const clock = runClock(run.local, now);
      const lines = [...ofRun(run), ...stepTree(run.steps).flatMap((it) => ofStep(it, clock, now))];
      if (isFinal(run.status) && last?.status !== run.status) lines.push(endWords(run));
      last = run;
      return lines.map((it) => `${clock(now)} ${it}`);
    },
  };
}

function nameOf(step: Step): string {
  const part = partWords(step);
  return `step ${stepNumber(step)} ${step.name}${part === undefined ? "" : ` (${part})`}`;
}

/** What is worth a line about a step as it stands; `undefined`: nothing. */
function wordsOf(step: Step, clock: SayClock): string | undefined {
  const state = stateWords(step, clock);
  return state === undefined ? undefined : `${nameOf(step)}: ${state}`;
}

function stateWords(step: Step, clock: SayClock): string | undefined {
  const { status, statusCode, attempts, polls = 0, elapsedMs, error, items } = step;
  const code = statusCode === undefined ? "" : ` ${statusCode}`;
  if (items !== undefined) return isStepOver(step.status) ? `${status}: ${itemWords(items)}` : itemWords(items);
  switch (status) {
    case "sending":
      // Of a poll, what it brought is told.
      return polls > 0 && attempts === 1 ? undefined : `sent, attempt ${attempts}`;
    case "waiting": {
      // Without how long it still is: that would be other words at each look.
      const next = progressWords(step, clock, undefined);
      const why = error === undefined ? code.trim() : `failed${code}: ${error}`;
      return [...(why === "" ? [] : [why]), ...(next === undefined ? [] : [next])].join("; ");
    }
    case "running":
      return "begun";
    case "skipped_when":
      return "skipped: its when does not hold";
    case "unknown":
      return "sent, and its answer was never seen";
    case "error":
      return `error${code}: ${error ?? ""}`;
    case "ok": {
      const took = elapsedMs === undefined ? "" : ` in ${exactLength(elapsedMs)}`;
      const after = polls === 0 ? "" : `, after ${count(polls + 1)} polls`;
      const captured = captureWords(step);
      return `ok${code}${took}${after}${captured === undefined ? "" : `; captured ${captured}`}`;
    }
  }
}

function endWords({ status, reason, startAt, endAt }: RunRecord): string {
  const took =
    startAt === undefined || endAt === undefined ? "" : ` after ${exactLength(Math.max(0, endAt - startAt))}`;
  return `${status}${took}${reason === undefined ? "" : `: ${reason}`}`;
}
