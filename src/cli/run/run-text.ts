import type { Step } from "../../model/run.ts";
import type { EpochMs } from "../../model/time.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import type { Paint, Tone } from "../print/paint.ts";
import { factLines } from "../print/printer.ts";
import { textTable } from "../print/table.ts";
import { isFinal } from "../../query/follow-run.ts";
import { exactLength, readableLocal, relativeTime } from "../../query/times.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";
import { latenessMs, lengthMs } from "./run-fields.ts";
import type { Host } from "./run-list.ts";
import { statusTone } from "./run-tone.ts";

const STEP_TONES: Readonly<Record<Step["status"], Tone>> = {
  ok: "good",
  error: "bad",
  unknown: "bad",
  skipped_when: "quiet",
  sending: "strong",
  waiting: "strong",
};

const TRIGGER_WORDS: Readonly<Record<RunRecord["trigger"], string>> = {
  schedule: "its schedule",
  manual: "a person",
  backfill: "a person, to make up for this occurrence",
};

/** One run with its steps, as people read it. */
export function runText(run: RunRecord, host: Host | undefined, now: EpochMs, paint: Paint): string {
  const head = `${paint("strong", visible(run.jobName))}  ${paint(statusTone(run.status), run.status)}`;
  const facts = factLines(
    [
      ["id", run.id],
      ["reason", run.reason],
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
  return [head, facts, ...(run.steps.length === 0 ? [] : [stepTable(run, paint), ...samples(run.steps, paint)])]
    .join("\n")
    .trimEnd();
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

/** Of a run that has ended, a step that was being sent last is in doubt for good. */
function stepWords({ status }: Step, isOver: boolean): string {
  return isOver && status === "sending" ? "sent, its answer was never seen" : status;
}

function stepTable({ steps, status }: RunRecord, paint: Paint): string {
  const isOver = isFinal(status);
  const header = ["#", "STEP", "STATUS", "HTTP", "ATTEMPTS", "TOOK", "ERROR"].map((it) => paint("quiet", it));
  const rows = steps.map((step) => [
    String(step.index + 1),
    cellText(step.name),
    paint(STEP_TONES[step.status], stepWords(step, isOver)),
    step.statusCode === undefined ? "-" : String(step.statusCode),
    String(step.attempts),
    step.elapsedMs === undefined ? "-" : exactLength(step.elapsedMs),
    visible(step.error ?? ""),
  ]);
  return `\n${textTable(header, rows).trimEnd()}`;
}

function samples(steps: readonly Step[], paint: Paint): readonly string[] {
  return steps.flatMap(({ index, responseSample }) =>
    responseSample === undefined || responseSample === ""
      ? []
      : [`\n${paint("quiet", `answer to step ${index + 1}`)}\n  ${visible(responseSample)}`],
  );
}
