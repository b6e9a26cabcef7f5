import { FOR_EACH_ITEMS_MAX, type ForEachAction } from "../../model/action.ts";
import type { JsonValue } from "../../model/json.ts";
import { isList, jsonText } from "../../model/json-text.ts";
import type { ItemCounts, Step, StepKey } from "../../model/run.ts";
import { stepKey } from "../../model/run.ts";
import { hasStepFailed, isStepOver } from "../../model/step-status.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered } from "../../expression/scope.ts";
import { isAllWritten } from "../../expression/written.ts";
import { blankRecord, blankStep } from "../record/step.ts";
import type { Course } from "./course.ts";
import { failUnsent } from "./fail-step.ts";
import type { Frame, Place } from "./frame.ts";
import { allPlaces, stepAt, stepPlace } from "./frame.ts";
import { itemScope, stepsScope } from "./scope.ts";
import type { FrameEnd, WalkFrame } from "./walk-frame.ts";

/** Most items of the lists inside of items that are under way side by side: each has its record, for as long as those are. */
const INNER_ITEMS_MAX = 3_000;
/** What an item keeps of the answer that made it fail. */
const ITEM_SAMPLE_LENGTH_MAX = 300;

export interface ForEachStep {
  readonly course: Course;
  readonly frame: Frame;
  readonly place: Place;
  readonly action: ForEachAction;
}

/**
 * Walks a small chain for each item, so many side by side as the action says. An item that fails stops no other. When an
 * item is over, its steps are forgotten, and its own record says how it ended.
 */
export async function walkForEach(it: ForEachStep, walk: WalkFrame): Promise<void> {
  const { course, place } = it;
  const items = readItems(it);
  if (!items.ok) return failUnsent(course, place, stepAt(course.record, place), items.error);
  const list = items.value;
  begin(it, list.length);
  await walkItems(it, list, walk);
  if (countsOf(course, place).ended === list.length) finish(it);
}

/** The first branch belongs to whoever walks this step; each further one is taken from those that the run may have. */
async function walkItems(it: ForEachStep, list: readonly JsonValue[], walk: WalkFrame): Promise<void> {
  const { course, action } = it;
  let next = 0;
  let open = 0;
  const branches: Promise<void>[] = [];
  const unexpected: unknown[] = [];
  const goesOn = (): boolean => next < list.length && course.halt() === undefined;
  const branch = async (isFurther: boolean): Promise<void> => {
    try {
      while (goesOn()) {
        const index = next++;
        await walkItem(it, index, list[index] ?? null, walk);
        openMore();
      }
    } catch (err) {
      // What nobody expected ends all branches, and none is left behind.
      course.lose();
      unexpected.push(err);
    } finally {
      open--;
      if (isFurther) course.branches.left++;
    }
  };
  const openMore = (): void => {
    while (open < action.concurrency && goesOn() && (open === 0 || course.branches.left > 0)) {
      const isFurther = open++ > 0;
      if (isFurther) course.branches.left--;
      branches.push(branch(isFurther));
    }
  };
  openMore();
  // Those that are under way may open more.
  for (let ended = 0; ended < branches.length; ended++) await branches[ended];
  if (unexpected.length > 0) throw unexpected[0];
}

/** The frame of one item. */
export function itemFrame({ course, frame, place, action }: ForEachStep, index: number, item: JsonValue): Frame {
  const inside = { parent: itemKey(place.key, index), lists: action };
  const template = isList(action.in) ? (action.in[index] ?? null) : action.in;
  const isWritten = isAllWritten(template, frame.scope);
  const scope = stepsScope(itemScope(frame.scope, action.as, item, isWritten), course, inside);
  const total = stepAt(course.record, place)?.items?.total ?? 1;
  const width = frame.width * Math.min(action.concurrency, total);
  return { ...inside, width, job: frame.job, wanted: frame.wanted, scope };
}

/** The items, read again from what is stored whenever somebody goes on with the run. */
export function readItems({ course, frame, place, action }: ForEachStep): Rendered<readonly JsonValue[]> {
  const rendered = renderValue(action.in, frame.scope);
  if (!rendered.ok) return rendered;
  const { value } = rendered;
  if (!isList(value)) {
    // Not cut: a part of a secret in it would not be known as one.
    return { ok: false, error: `"in" must give a list to go through, and it gives ${jsonText(value)}` };
  }
  if (value.length > FOR_EACH_ITEMS_MAX) {
    return { ok: false, error: `"in" gives ${value.length} items; at most ${FOR_EACH_ITEMS_MAX} can be gone through` };
  }
  if (frame.width > 1 && value.length * frame.width > INNER_ITEMS_MAX) {
    const most = Math.floor(INNER_ITEMS_MAX / frame.width);
    const error = `"in" gives ${value.length} items, and up to ${frame.width} such lists are gone through side by side; then at most ${most} can be gone through: lower the concurrency around it`;
    return { ok: false, error };
  }
  const total = stepAt(course.record, place)?.items?.total ?? value.length;
  if (total === value.length) return { ok: true, value };
  return { ok: false, error: `"in" gave ${total} items at first, and ${value.length} to the agent that goes on` };
}

function begin({ course, place, action }: ForEachStep, total: number): void {
  if (stepAt(course.record, place) !== undefined) return;
  const items: ItemCounts = { total, ok: 0, failed: 0, skipped: 0 };
  course.record.note({ ...blankStep(action, stepPlace(place)), status: "running", items });
}

async function walkItem(it: ForEachStep, index: number, item: JsonValue, walk: WalkFrame): Promise<void> {
  const { course, place } = it;
  const key = itemKey(place.key, index);
  const before = course.record.get(key);
  if (before !== undefined && isStepOver(before.status)) return;
  const name = course.texts.label(typeof item === "string" ? item : jsonText(item));
  const record: Step = before ?? { ...blankRecord(name, { parent: place.key, index }), status: "running" };
  if (before === undefined) course.record.note(record);
  const end = await walk(course, itemFrame(it, index, item));
  if (end.kind === "halted") return;
  endItem(it, record, end);
  // So that nobody does it again, however long the others wait.
  await course.save();
}

/** Keeps of an ended item how it ended, and forgets its steps. */
export function endItem({ course, place, action }: ForEachStep, record: Step, end: FrameEnd): void {
  const key = stepKey(record);
  const steps = allPlaces({ parent: key, lists: action }).flatMap((it) => course.record.get(it.key) ?? []);
  const isSkipped = end.kind === "ok" && steps.every((it) => it.status === "skipped_when");
  const sum = (of: (step: Step) => number): number => steps.reduce((total, step) => total + of(step), 0);
  // First, so that what it keeps of them takes their place.
  course.record.forgetBelow(key);
  course.sensitive.forgetBelow(key);
  const ended: Step = {
    ...record,
    attempts: sum((step) => step.attempts + (step.polls ?? 0)),
    elapsedMs: sum((step) => step.elapsedMs ?? 0),
    status: end.kind === "failed" ? end.status : isSkipped ? "skipped_when" : "ok",
    ...(end.kind === "failed" ? failureFields(course, end) : {}),
  };
  course.record.note(ended);
  countEnded(course, place, ended);
}

function failureFields({ texts }: Course, { step, reason }: Extract<FrameEnd, { kind: "failed" }>): Partial<Step> {
  const { responseSample, statusCode } = step;
  const sample = responseSample === undefined ? undefined : texts.sample(cut(responseSample), false);
  return { error: texts.error(reason), statusCode, responseSample: sample };
}

function countEnded(course: Course, place: Place, { status }: Step): void {
  const step = stepAt(course.record, place);
  if (step?.items === undefined) return;
  const { ok, failed, skipped, total } = step.items;
  const items: ItemCounts = {
    total,
    ok: ok + (status === "ok" ? 1 : 0),
    failed: failed + (hasStepFailed(status) ? 1 : 0),
    skipped: skipped + (status === "skipped_when" ? 1 : 0),
  };
  course.record.note({ ...step, items });
}

function countsOf(course: Course, place: Place): { readonly ended: number } {
  const { ok = 0, failed = 0, skipped = 0 } = stepAt(course.record, place)?.items ?? {};
  return { ended: ok + failed + skipped };
}

function finish({ course, place }: ForEachStep): void {
  const step = stepAt(course.record, place);
  if (step?.items === undefined) return;
  const { failed, total } = step.items;
  if (failed === 0) return course.record.note({ ...step, status: "ok" });
  const first = firstFailed(course, place.key, total);
  const example = first === undefined ? "" : `; the first: item ${first.index + 1} "${first.name}": ${first.error}`;
  const error = course.texts.error(`${failed} of ${total} items failed${example}`);
  course.record.note({ ...step, status: "error", error });
}

function firstFailed(course: Course, key: StepKey, total: number): Step | undefined {
  for (let index = 0; index < total; index++) {
    const item = course.record.get(itemKey(key, index));
    if (item !== undefined && hasStepFailed(item.status)) return item;
  }
  return undefined;
}

/** The key of an item's record, which is also the parent of its steps. */
export function itemKey(parent: StepKey, index: number): StepKey {
  return stepKey({ parent, index });
}

function cut(text: string): string {
  return text.length > ITEM_SAMPLE_LENGTH_MAX ? `${text.slice(0, ITEM_SAMPLE_LENGTH_MAX)}…` : text;
}
