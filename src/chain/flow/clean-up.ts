import type { ForEachAction, JobAction } from "../../model/action.ts";
import { stepKey } from "../../model/run.ts";
import { isStepOver } from "../../model/step-status.ts";
import type { Course } from "./course.ts";
import { endItem, itemFrame, itemKey, readItems } from "./for-each-step.ts";
import { placesOf, stepAt } from "./frame.ts";
import type { Frame, Place } from "./frame.ts";
import { calledFrame, endCalledJob } from "./job-step.ts";
import type { FrameEnd } from "./walk-frame.ts";
import { walkFinally, walkList } from "./walk-frame.ts";

/**
 * Cleans up in a small chain that was stopped from outside, the innermost first: what had begun gets its `finally`, and
 * after a time limit its `on_failure` too; what of these is under way goes on. What else had not begun is not begun.
 * @param why how the chain was stopped, for its records
 */
export async function cleanUp(course: Course, frame: Frame, why: string, isFailure: boolean): Promise<void> {
  const ending = [...placesOf(frame, "actions"), ...(isFailure ? [] : placesOf(frame, "onFailure"))];
  for (const place of ending) {
    if (stepAt(course.record, place)?.status !== "running") continue;
    if (place.action.type === "for_each") await cleanItems(course, frame, place, place.action, why, isFailure);
    else if (place.action.type === "job") await cleanCalled(course, frame, place, place.action, why, isFailure);
    endContainer(course, place, why);
  }
  if (isFailure) await walkList(course, frame, "onFailure");
  await walkFinally(course, frame);
}

async function cleanItems(
  course: Course,
  frame: Frame,
  place: Place,
  action: ForEachAction,
  why: string,
  isFailure: boolean,
): Promise<void> {
  const it = { course, frame, place, action };
  const items = readItems(it);
  if (!items.ok) return;
  for (const [index, item] of items.value.entries()) {
    const record = course.record.get(itemKey(place.key, index));
    if (record === undefined || isStepOver(record.status)) continue;
    await cleanUp(course, itemFrame(it, index, item), why, isFailure);
    if (course.halt() !== undefined) return;
    endItem(it, record, stopped(course, place, why));
  }
}

async function cleanCalled(
  course: Course,
  frame: Frame,
  place: Place,
  action: JobAction,
  why: string,
  isFailure: boolean,
): Promise<void> {
  const it = { course, frame, place, action };
  const called = await calledFrame(it);
  if (!called.ok) return;
  await cleanUp(course, called.value, why, isFailure);
  if (course.halt() === undefined) endCalledJob(it, stopped(course, place, why));
}

function stopped(course: Course, place: Place, why: string): FrameEnd {
  const step = stepAt(course.record, place);
  return step === undefined ? { kind: "ok" } : { kind: "failed", status: "error", reason: why, step };
}

function endContainer(course: Course, place: Place, why: string): void {
  const step = stepAt(course.record, place);
  if (step === undefined || isStepOver(step.status) || course.halt() !== undefined) return;
  course.unsent.delete(stepKey(step));
  course.record.note({ ...step, status: "error", error: why });
}
