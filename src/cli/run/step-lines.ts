import { exactLength } from "../../model/exact-length.ts";
import type { Step } from "../../model/run.ts";
import type { EpochMs } from "../../model/time.ts";
import { hasStepFailed, isStepOver } from "../../model/step-status.ts";
import { type StepNode, stepTree } from "../../query/step-tree.ts";
import {
  captureWords,
  count,
  itemWords,
  partWords,
  progressWords,
  type SayClock,
  stepNumber,
} from "../../query/step-words.ts";
import { cellText } from "../print/cell-text.ts";
import type { Paint, Tone } from "../print/paint.ts";
import { textTable } from "../print/table.ts";
import { visible } from "../print/visible.ts";
import { wrapped } from "../print/wrapped.ts";

/** Items of a `for_each` that are shown; the others are counted. */
const FAILED_ITEMS_SHOWN = 20;
const OPEN_ITEMS_SHOWN = 10;
/** Two lines of a narrow terminal: twenty long errors would push all else out of sight. */
const NOTE_LENGTH_MAX = 140;
/** What stands beside the names in a row. */
const OTHER_COLUMNS_WIDTH = 42;
const NAME_WIDTH_MIN = 24;
const NAME_WIDTH_MAX = 60;

const STEP_TONES: Readonly<Record<Step["status"], Tone>> = {
  ok: "good",
  error: "bad",
  unknown: "bad",
  skipped_when: "quiet",
  sending: "strong",
  waiting: "strong",
  running: "strong",
};

const STATUS_CELLS: Readonly<Partial<Record<Step["status"], string>>> = { skipped_when: "skipped" };

export interface StepView {
  readonly paint: Paint;
  /** Of the terminal; `undefined`: it is none, and no line is broken. */
  readonly width: number | undefined;
  /** Every item and all that is stored of it. */
  readonly isAll: boolean;
  readonly clock: SayClock;
  readonly now: EpochMs;
  /** A step that was being sent when its run ended is in doubt for good. */
  readonly isRunOver: boolean;
}

/** A line of the view: a step, or words that stand for several. */
type Line = { readonly step: Step; readonly notes: readonly Note[] } | { readonly more: string };

interface Note {
  readonly text: string;
  readonly tone: Tone | undefined;
}

/** The steps of a run as rows, each with what there is to say of it below; and what they answered. */
export function stepLines(steps: readonly Step[], view: StepView): string {
  const lines = stepTree(steps).flatMap((it) => linesOf(it, view));
  const shown = lines.flatMap((it) => ("step" in it ? [it] : []));
  const nameMax = Math.min(
    NAME_WIDTH_MAX,
    Math.max(NAME_WIDTH_MIN, (view.width ?? Number.POSITIVE_INFINITY) - OTHER_COLUMNS_WIDTH),
  );
  const header = ["#", "STEP", "STATUS", "HTTP", "ATTEMPTS", "TOOK"].map((it) => view.paint("quiet", it));
  const table = textTable(
    header,
    shown.map(({ step }) => rowOf(step, nameMax, view.paint)),
  );
  const [head = "", ...rows] = table.trimEnd().split("\n");
  const indent = Math.max(1, ...shown.map(({ step }) => stepNumber(step).length)) + 2;
  const body = lines.flatMap((line) => {
    if ("more" in line) return [view.paint("quiet", wrapped(line.more, indent, view.width))];
    return [rows.shift() ?? "", ...line.notes.map((it) => noteLine(it, indent, view))];
  });
  return [head, ...body, ...answers(shown, view)].join("\n");
}

function rowOf(step: Step, nameMax: number, paint: Paint): readonly string[] {
  const part = partWords(step);
  return [
    stepNumber(step),
    cellText(part === undefined ? step.name : `${step.name} (${part})`, nameMax),
    paint(STEP_TONES[step.status], STATUS_CELLS[step.status] ?? step.status),
    step.statusCode === undefined ? "-" : String(step.statusCode),
    step.attempts === 0 ? "-" : String(step.attempts),
    step.elapsedMs === undefined ? "-" : exactLength(step.elapsedMs),
  ];
}

function noteLine({ text, tone }: Note, indent: number, { paint, width }: StepView): string {
  const lines = wrapped(visible(text), indent, width);
  return tone === undefined ? lines : paint(tone, lines);
}

function linesOf(node: StepNode, view: StepView): readonly Line[] {
  const { step, parts } = node;
  const own: Line = { step, notes: notesOf(step, view) };
  if (step.items === undefined || view.isAll) return [own, ...parts.flatMap((it) => linesOf(it, view))];
  const failed = parts.filter((it) => hasStepFailed(it.step.status));
  const open = parts.filter((it) => !isStepOver(it.step.status));
  const isLive = !view.isRunOver;
  return [
    own,
    ...someOf(failed, FAILED_ITEMS_SHOWN, "failed", view),
    ...someOf(open, OPEN_ITEMS_SHOWN, isLive ? "under way" : "that did not end", view),
  ];
}

function someOf(items: readonly StepNode[], shown: number, what: string, view: StepView): readonly Line[] {
  const more = items.length - shown;
  return [
    ...items
      .slice(0, shown)
      .map(({ step, parts }) => ({ step, notes: [...itemNotes(step, view), ...at(parts, view)] })),
    ...(more > 0 ? [{ more: `and ${count(more)} more ${what}; --all shows them` }] : []),
  ];
}

function itemNotes(step: Step, view: StepView): readonly Note[] {
  return notesOf(step, view).map(({ text, tone }) => ({ text: cellText(text, NOTE_LENGTH_MAX), tone }));
}

/** Where an item is: the first of its steps that is not over, else its last. */
function at(parts: readonly StepNode[], view: StepView): readonly Note[] {
  const part = parts.find((it) => !isStepOver(it.step.status)) ?? parts.at(-1);
  if (part === undefined) return [];
  const { step } = part;
  const notes = itemNotes(step, view).map((it) => it.text);
  const words = notes.length === 0 ? (STATUS_CELLS[step.status] ?? step.status) : notes.join(", ");
  const deeper = step.items === undefined ? at(part.parts, view).map((it) => it.text) : [];
  return [{ text: [`${stepNumber(step)} ${step.name}: ${words}`, ...deeper].join("; "), tone: "quiet" }];
}

function notesOf(step: Step, { clock, now, isRunOver }: StepView): readonly Note[] {
  const progress = progressWords(step, clock, now);
  const captured = captureWords(step);
  return [
    ...(step.items === undefined ? [] : [{ text: itemWords(step.items), tone: undefined }]),
    ...(isRunOver && step.status === "sending"
      ? [{ text: "sent, its answer was never seen", tone: "bad" } as const]
      : []),
    ...(progress === undefined ? [] : [{ text: progress, tone: undefined }]),
    ...(captured === undefined
      ? []
      : [{ text: `captured ${cellText(captured, NOTE_LENGTH_MAX)}`, tone: "quiet" } as const]),
    ...(step.error === undefined
      ? []
      : [{ text: step.error, tone: hasStepFailed(step.status) ? "bad" : undefined } as const]),
  ];
}

/** What was answered; of items only when everything is asked for. */
function answers(shown: readonly { readonly step: Step }[], { paint, isAll }: StepView): readonly string[] {
  const loops = new Set(shown.flatMap(({ step }) => (step.items === undefined ? [] : [stepNumber(step)])));
  const isItem = (step: Step) => loops.has(stepNumber(step).split(".").slice(0, -1).join("."));
  return shown.flatMap(({ step }) =>
    step.responseSample === undefined || step.responseSample === "" || (isItem(step) && !isAll)
      ? []
      : [`\n${paint("quiet", `answer to step ${stepNumber(step)}`)}\n  ${visible(step.responseSample)}`],
  );
}
