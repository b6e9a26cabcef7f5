import type { ActionLists } from "../../model/action-lists.ts";
import type { Step } from "../../model/run.ts";
import { hasStepFailed, isStepOver } from "../../model/step-status.ts";
import { blankStep } from "../record/step.ts";
import type { Course } from "./course.ts";
import { failureReason } from "./failure-reason.ts";
import { failUnsent } from "./fail-step.ts";
import { walkForEach } from "./for-each-step.ts";
import type { Frame, Place } from "./frame.ts";
import { placesOf, stepAt, stepPlace } from "./frame.ts";
import { guardHolds } from "./guard.ts";
import { walkHttpStep } from "./http-step.ts";
import { walkCalledJob } from "./job-step.ts";
import { makeAgainWhatWasLost } from "./lost-values.ts";
import { walkSleep } from "./sleep-step.ts";

/** How a small chain ended. */
export type FrameEnd =
  | { readonly kind: "ok" }
  | { readonly kind: "failed"; readonly status: "error" | "unknown"; readonly reason: string; readonly step: Step }
  /** Its course is halted; the record says how far it came. */
  | { readonly kind: "halted" };

/** How walkers go down into small chains; handed in, so that the files of the kinds of steps need not know each other. */
export type WalkFrame = (course: Course, frame: Frame) => Promise<FrameEnd>;

/** Walks a small chain from where its record stands: its actions, on failure those for it, then `finally`. */
export async function walkFrame(course: Course, frame: Frame): Promise<FrameEnd> {
  // Whoever only cleans up makes nothing again.
  if (course.halt() === undefined) makeAgainWhatWasLost(course, frame);
  const end = await walkList(course, frame, "actions");
  if (end.kind === "halted") return end;
  if (end.kind === "failed" && (await walkList(course, frame, "onFailure")).kind === "halted") {
    return { kind: "halted" };
  }
  const last = await walkFinally(course, frame);
  return end.kind === "failed" && last.kind !== "halted" ? end : last;
}

/** Every one of them is done, whatever the one before it came to. */
export async function walkFinally(course: Course, frame: Frame): Promise<FrameEnd> {
  let end: FrameEnd = { kind: "ok" };
  for (const place of placesOf(frame, "finally")) {
    const one = await walkPlace(course, frame, place);
    if (one.kind === "halted") return one;
    if (end.kind === "ok") end = one;
  }
  return end;
}

/** One after the other, up to the first that fails. */
export async function walkList(course: Course, frame: Frame, list: keyof ActionLists): Promise<FrameEnd> {
  for (const place of placesOf(frame, list)) {
    const end = await walkPlace(course, frame, place);
    if (end.kind !== "ok") return end;
  }
  return { kind: "ok" };
}

async function walkPlace(course: Course, frame: Frame, place: Place): Promise<FrameEnd> {
  const before = stepAt(course.record, place);
  if (before === undefined || !isStepOver(before.status)) {
    if (course.halt() !== undefined) return { kind: "halted" };
    if (before === undefined && !applies(course, frame, place)) return endOf(course, place);
    await walkStep(course, frame, place);
  }
  return endOf(course, place);
}

/** Notes a step that does not apply as skipped, one of which nobody can tell as failed. */
function applies(course: Course, frame: Frame, place: Place): boolean {
  const holds = guardHolds(place.action.when, course.input.run, frame.scope);
  if (!holds.ok) failUnsent(course, place, undefined, holds.error);
  else if (!holds.value) {
    course.record.note({ ...blankStep(place.action, stepPlace(place)), status: "skipped_when" });
  }
  return holds.ok && holds.value;
}

async function walkStep(course: Course, frame: Frame, place: Place): Promise<void> {
  const { action } = place;
  switch (action.type) {
    case "http":
      return walkHttpStep({ course, frame, place, action });
    case "for_each":
      return walkForEach({ course, frame, place, action }, walkFrame);
    case "sleep":
      return walkSleep({ course, frame, place, action });
    case "job":
      return walkCalledJob({ course, frame, place, action }, walkFrame);
  }
}

/** A step that is not over although its walk is: the course is halted. */
function endOf(course: Course, place: Place): FrameEnd {
  const step = stepAt(course.record, place);
  if (step === undefined || !isStepOver(step.status)) return { kind: "halted" };
  if (!hasStepFailed(step.status) || place.action.continueOnFailure) return { kind: "ok" };
  const status = step.status === "unknown" ? "unknown" : "error";
  return { kind: "failed", status, reason: failureReason(step), step };
}
