import { exactLength } from "../../model/exact-length.ts";
import { jsonText } from "../../model/json-text.ts";
import type { EpochMs } from "../../model/time.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { cellText } from "../print/cell-text.ts";
import { factLines } from "../print/printer.ts";
import { isFinal } from "../../query/follow-run.ts";
import { runClock } from "../../query/run-clock.ts";
import { readableLocal, relativeTime } from "../../query/times.ts";
import { visible } from "../print/visible.ts";
import { latenessMs, lengthMs } from "./run-fields.ts";
import type { Host } from "./run-list.ts";
import { statusTone } from "./run-tone.ts";
import { type StepView, stepLines } from "./step-lines.ts";

/** They can be 16 KiB; programs get all of them. */
const VARS_LENGTH_MAX = 200;

const TRIGGER_WORDS: Readonly<Record<RunRecord["trigger"], string>> = {
  schedule: "its schedule",
  manual: "a person",
  backfill: "a person, to make up for this occurrence",
};

/** How a run is shown. */
export interface RunView extends Pick<StepView, "paint" | "width" | "isAll" | "now"> {
  readonly host: Host | undefined;
}

/** One run with its steps, as people read it. */
export function runText(run: RunRecord, view: RunView): string {
  const { host, now, paint } = view;
  const head = `${paint("strong", visible(run.jobName))}  ${paint(statusTone(run.status), run.status)}`;
  const facts = factLines(
    [
      ["id", run.id],
      ["reason", run.reason],
      ["vars", run.vars === undefined ? undefined : cellText(jsonText(run.vars), VARS_LENGTH_MAX)],
      ["scheduled", `${readableLocal(run.local)} (${relativeTime(run.scheduledFor, now)})`],
      ["trigger", TRIGGER_WORDS[run.trigger]],
      ["due", run.dueAt === undefined ? undefined : `${relativeTime(run.dueAt, now)}, after its jitter`],
      ["started", startedWords(run, now)],
      ["took", lengthMs(run) === undefined ? undefined : exactLength(lengthMs(run) ?? 0)],
      ["ran on", whereWords(run, host)],
      ["takeovers", run.takeovers === 0 ? undefined : `${run.takeovers}: another agent went on with it`],
      ["cancel", run.cancelRequested && run.endAt === undefined ? "requested" : undefined],
      ["missed", run.stretch === undefined ? undefined : `${run.stretch.count} times in a row`],
    ],
    paint,
  );
  if (run.steps.length === 0) return [head, facts].join("\n").trimEnd();
  const { isAll, width } = view;
  const clock = runClock(run.local, now);
  const steps = stepLines(run.steps, { paint, width, isAll, now, clock, isRunOver: isFinal(run.status) });
  return [head, facts, "", steps].join("\n").trimEnd();
}

function startedWords(run: RunRecord, now: EpochMs): string | undefined {
  if (run.startAt === undefined) return undefined;
  return `${relativeTime(run.startAt, now)}, ${exactLength(latenessMs(run) ?? 0)} after its time`;
}

/** The serial is the one that it had then. */
function whereWords(run: RunRecord, host: Host | undefined): string | undefined {
  if (host === undefined) return undefined;
  const facts = [
    ...(run.serial === undefined ? [] : [`serial ${run.serial}`]),
    ...(host.name === host.hostname || run.machineId === undefined ? [] : [`machine id ${run.machineId}`]),
  ];
  return facts.length === 0 ? host.hostname : `${host.hostname} (${facts.join(", ")})`;
}
