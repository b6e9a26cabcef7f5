import { exactLength } from "../../model/exact-length.ts";
import type { Step } from "../../model/run.ts";
import { hasStepFailed } from "../../model/step-status.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { isFinal } from "../follow-run.ts";
import { type StepNode, stepTree } from "../step-tree.ts";
import { count, itemWords, partWords, stepNumber } from "../step-words.ts";
import type { ScopeAnswer, WhyAnswer } from "./answer.ts";
import { hostOf, machineName } from "./headline.ts";
import type { LateCause } from "./late-causes.ts";
import type { SayTime } from "./say-time.ts";

/** How much of an answer is shown of a step that failed. */
const SAMPLE_MAX = 200;
/** Items of a list that are told of; `run show` has all of them. */
const FAILED_ITEMS_MAX = 3;

function recordOf({ outcome }: ScopeAnswer): RunRecord | undefined {
  return "record" in outcome ? outcome.record : undefined;
}

/** Who gave the occurrence its record, and when. */
export function claimWords(scope: ScopeAnswer, answer: WhyAnswer, say: SayTime): string | undefined {
  const record = recordOf(scope);
  if (record === undefined) return undefined;
  const { claimedAt, recordedAt, scheduledFor, startAt } = record;
  if (claimedAt === undefined)
    return recordedAt === undefined
      ? undefined
      : `by nobody; recorded at ${say.clock(recordedAt)} by ${hostOf(record, answer)}`;
  const [first] = scope.handovers;
  const by = first === undefined ? hostOf(record, answer) : machineName(first.fromMachine, answer);
  const after = exactLength(Math.max(0, claimedAt - scheduledFor));
  const started = startAt === undefined ? "" : `, started at ${say.clock(startAt)}`;
  return `at ${say.clock(claimedAt)} by ${by}, ${after} after its minute${started}`;
}

/** What a backfill did about it. */
export function madeUpWords({ madeUp }: ScopeAnswer, answer: WhyAnswer, say: SayTime): string | undefined {
  if (madeUp === undefined) return undefined;
  const started = madeUp.startAt === undefined ? "not started yet" : `started at ${say.clock(madeUp.startAt)}`;
  return `by a backfill, on ${hostOf(madeUp, answer)}: ${madeUp.status}, ${started}; ${madeUp.id}`;
}

/** Why a run started late; `undefined` when it did not. */
export function lateWords({ lateness }: ScopeAnswer, answer: WhyAnswer, say: SayTime): string | undefined {
  if (lateness === undefined || (!lateness.isLate && lateness.causes.length === 0)) return undefined;
  if (lateness.causes.length === 0) return `${exactLength(lateness.ms)}; nothing that is stored tells why`;
  return lateness.causes.map((it) => causeWords(it, answer, say)).join("; ");
}

function causeWords(cause: LateCause, answer: WhyAnswer, say: SayTime): string {
  switch (cause.kind) {
    case "jitter":
      return `the job's jitter_sec put its start off by ${exactLength(cause.ms)}`;
    case "outage":
      return cause.outages
        .slice(0, 3)
        .map(
          (it) =>
            `MongoDB did not answer ${machineName(it.machineId, answer, it.hostname)} from ${say.clock(it.since)} to ${say.clock(it.until)}`,
        )
        .join("; ");
    case "no_leader": {
      const next = cause.next === undefined ? "" : `; ${cause.next.name} led from ${say.clock(cause.next.at)} on`;
      return `the leader, ${cause.name}, was gone${next}`;
    }
    case "nobody_alive":
      return nobodyWords(cause, say);
    case "machine_off":
      return "this machine was off at its minute";
    case "fenced":
      return `${cause.names.join(", ")} had no acknowledged renewal and began nothing`;
    case "swept":
      return "the machine whose turn it was did not begin it, so the leader saw to it after 5 s";
    case "nobody_fits":
      return "the leader records that nobody can begin a run once 5 s are over";
    case "waited": {
      const forWhat = cause.forEarlier
        ? "for an earlier run of this job, or for a free slot"
        : "for a free slot (runs.max_concurrent)";
      return `it waited ${exactLength(cause.ms)} ${forWhat}`;
    }
  }
}

function nobodyWords({ since, until }: Extract<LateCause, { kind: "nobody_alive" }>, say: SayTime): string {
  if (since === undefined && until === undefined) return "no agent was alive at its minute";
  const from = since === undefined ? "" : ` from ${say.clock(since)}`;
  return until === undefined ? `no agent was alive${from} on` : `no agent was alive${from} until ${say.clock(until)}`;
}

/** Each change of hands, from whom to whom. */
export function handoverWords(scope: ScopeAnswer, answer: WhyAnswer, say: SayTime): readonly string[] {
  const record = recordOf(scope);
  if (record === undefined) return [];
  const told = scope.handovers.map(
    (it) =>
      `at ${say.clock(it.at)}: from ${machineName(it.fromMachine, answer)} to ${machineName(it.toMachine, answer)}`,
  );
  const untold = record.takeovers - told.length;
  if (untold <= 0) return told;
  return [...told, `${untold} more ${untold === 1 ? "time" : "times"}, of which no event is stored`];
}

/** What happened to each step; of a list to the first items that failed. */
export function stepWords(scope: ScopeAnswer, say: SayTime): readonly string[] {
  const record = recordOf(scope);
  if (record === undefined) return [];
  const isOver = isFinal(record.status);
  return stepTree(record.steps).flatMap((it) => nodeWords(it, isOver, say));
}

function nodeWords({ step, parts }: StepNode, isOver: boolean, say: SayTime): readonly string[] {
  const own = oneStep(step, isOver, say);
  if (step.items === undefined) return [own, ...parts.flatMap((it) => nodeWords(it, isOver, say))];
  const failed = parts.filter((it) => hasStepFailed(it.step.status)).slice(0, FAILED_ITEMS_MAX);
  return [own, ...failed.map((it) => oneStep(it.step, isOver, say))];
}

function oneStep(step: Step, isOver: boolean, say: SayTime): string {
  const { name, status, attempts, polls, statusCode, elapsedMs, error, nextAttemptAt, items } = step;
  const part = partWords(step);
  const parts = [
    `${stepNumber(step)} ${name}${part === undefined ? "" : ` (${part})`}: ${statusWords(step, isOver, say)}`,
    items === undefined ? "" : itemWords(items),
    polls === undefined || status === "error" ? "" : `poll ${count(polls + 1)}`,
    attempts === 0 ? "" : `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`,
    statusCode === undefined ? "" : `HTTP ${statusCode}`,
    elapsedMs === undefined ? "" : exactLength(elapsedMs),
    nextAttemptAt === undefined || isSleep(step) ? "" : `next attempt at ${say.clock(nextAttemptAt)}`,
    error ?? "",
  ];
  return `${parts.filter((it) => it !== "").join(", ")}${sampleWords(step)}`;
}

function statusWords(step: Step, isOver: boolean, say: SayTime): string {
  if (isOver && step.status === "sending") return STEP.unknown;
  if (!isSleep(step) || step.nextAttemptAt === undefined) return STEP[step.status];
  return `waits until ${say.clock(step.nextAttemptAt)}`;
}

/** It waits, and nothing was sent that it would send again. */
function isSleep({ status, attempts, polls }: Step): boolean {
  return status === "waiting" && attempts === 0 && polls === undefined;
}

const STEP: Readonly<Record<Step["status"], string>> = {
  ok: "ok",
  error: "failed",
  skipped_when: "skipped: its when does not hold",
  sending: "being sent",
  waiting: "waits for its next attempt",
  running: "under way",
  unknown: "sent, and its answer was never seen",
};

function sampleWords({ status, responseSample }: Step): string {
  if (status !== "error" || responseSample === undefined || responseSample === "") return "";
  const more = responseSample.length > SAMPLE_MAX ? "…" : "";
  return `; it answered: ${responseSample.slice(0, SAMPLE_MAX)}${more}`;
}
