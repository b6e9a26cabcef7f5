import { listsOf } from "../../model/action-lists.ts";
import { isStepOver } from "../../model/step-status.ts";
import { SECOND_MS } from "../../model/time.ts";
import { wantedValues } from "../answer/wanted.ts";
import type { ChainInput, ChainPorts, ChainResult } from "../chain-ports.ts";
import { CANCELLED_REASON } from "../record/run-record.ts";
import { breakOff, cleansUp, giveBack } from "./break-off.ts";
import { cleanUp } from "./clean-up.ts";
import type { Course, Halt } from "./course.ts";
import { createCourse, isOff } from "./course.ts";
import type { Frame } from "./frame.ts";
import { allPlaces } from "./frame.ts";
import { baseScope, stepsScope, varsScope } from "./scope.ts";
import { walkFrame } from "./walk-frame.ts";

/**
 * Takes a run from where it is stored to its end, or to where somebody else goes on.
 *
 * Promised: an attempt is sent only after its intent was acknowledged and after a look at `maySend`; so sends <= stored
 * intents <= retries + 1 (for each item of a `for_each` and each poll of an `until`) over all agents that ever held the
 * run, and no step is sent before the result of the one before it is stored. The result of an attempt and the intent of
 * the next are one write: k steps cost the claim and k writes; a pause costs one more; branches side by side share.
 * Not promised: that a step happens once. What was sent and never answered is sent again while attempts are left.
 *
 * @param signal aborts with a ChainAbort as its reason; any other reason counts as `"abandon"`: nothing more is written
 */
export async function runChain(input: ChainInput, ports: ChainPorts, signal: AbortSignal): Promise<ChainResult> {
  const course = createCourse(input, ports, signal);
  const frame = runFrame(course);
  // What came here stopped was not over: its last steps may look so because they were broken off.
  if (isOff(course)) return stop(course, frame, course.halt() ?? "abandon");
  const end = await walkFrame(course, frame);
  const halt = course.halt();
  // A run that came to its end by itself has not timed out, and is not left to anybody.
  const hasEnded = end.kind !== "halted" && (halt === undefined || halt === "timeout" || halt === "stop");
  if (!hasEnded) return stop(course, frame, halt ?? "abandon");
  if (!(await endWhatWasBegun(course, frame))) return stop(course, frame, course.halt() ?? "abandon");
  if (end.kind === "failed") return course.record.end(end.status, end.reason);
  return course.record.end("ok", undefined);
}

function runFrame(course: Course): Frame {
  const { run, job } = course.input;
  const inside = { parent: undefined, lists: listsOf(job) };
  const outer = varsScope(baseScope(course.input), job.vars ?? {}, run.vars ?? {}, () => true);
  return { ...inside, width: 1, job, wanted: wantedValues(job), scope: stepsScope(outer, course, inside) };
}

/**
 * Where a step that had to be made again failed, some behind it may be under way: each is ended and cleaned up after.
 * @returns false when the course is halted first
 */
async function endWhatWasBegun(course: Course, frame: Frame): Promise<boolean> {
  const { record, unsent } = course;
  const why = "broken off, as a step before it failed";
  if ([...record.steps].every((it) => isStepOver(it.status))) return true;
  if (course.halt() !== undefined) return false;
  const ending = [...record.steps].filter((it) => !cleansUp(record, it, true));
  record.note(...breakOff(ending, unsent, why));
  goOnWithUnsent(course);
  await cleanUp(course, frame, why, true);
  if (course.halt() !== undefined) return false;
  record.note(...breakOff(record.steps, unsent, why));
  endWhatIsOpen(course, why);
  return true;
}

/** Cancelled or timed out the run is cleaned up after and gets its end, else it is left to somebody else. */
async function stop(course: Course, frame: Frame, halt: Halt): Promise<ChainResult> {
  switch (halt) {
    case "cancel":
      return endFromOutside(course, frame, "cancelled", CANCELLED_REASON);
    case "timeout": {
      const seconds = course.input.job.runTimeoutMs / SECOND_MS;
      return endFromOutside(course, frame, "the run timed out", `run timed out after ${seconds} s`);
    }
    case "stop":
      return handOver(course, frame);
    case "lost":
    case "abandon":
    default:
      return { outcome: "left" };
  }
}

async function endFromOutside(course: Course, frame: Frame, why: string, reason: string): Promise<ChainResult> {
  const { record, unsent } = course;
  const isCancel = reason === CANCELLED_REASON;
  const ending = [...record.steps].filter((it) => !cleansUp(record, it, !isCancel));
  record.note(...breakOff(ending, unsent, why));
  goOnWithUnsent(course);
  if (needsCleaning(frame)) {
    const time = course.ports.openCleaning();
    course.stoppedBecause = reason;
    course.beginCleaning(time.signal);
    try {
      await cleanUp(course, frame, why, !isCancel);
      const halt = course.halt();
      if (halt === "lost" || halt === "abandon") return { outcome: "left" };
      if (halt === "stop") return await handOver(course, frame);
      record.note(...breakOff(record.steps, unsent, "the time for cleaning up was over"));
    } finally {
      time.release();
    }
  }
  endWhatIsOpen(course, why);
  return record.end(isCancel ? "cancelled" : "error", reason);
}

/** Stores what is known, so that the next owner has nothing in doubt, and leaves the rest of the run to it. */
async function handOver(course: Course, frame: Frame): Promise<ChainResult> {
  giveBackUnsent(course);
  if (await course.save()) return { outcome: "left" };
  return course.halt() === "cancel" ? stop(course, frame, "cancel") : { outcome: "left" };
}

/**
 * Of what cleans up already, an intent that is stored is sent yet; one whose write was refused is stored anew, which is
 * possible despite a cancel.
 */
function goOnWithUnsent({ record, unsent, ports }: Course): void {
  for (const key of unsent) {
    const step = record.get(key);
    if (step?.status === "sending" && record.isStored(key)) continue;
    unsent.delete(key);
    if (step?.status === "sending") record.note(giveBack(step, ports.now()));
  }
}

function giveBackUnsent({ record, unsent, ports }: Course): void {
  for (const key of unsent) {
    const step = record.get(key);
    if (step?.status === "sending") record.note(giveBack(step, ports.now()));
  }
  unsent.clear();
}

/** Whether anything below may have a `finally` or an `on_failure`. */
function needsCleaning(frame: Frame): boolean {
  const { lists } = frame;
  if (lists.onFailure.length + lists.finally.length > 0) return true;
  return allPlaces(frame).some(({ action }) => action.type === "for_each" || action.type === "job");
}

function endWhatIsOpen({ record }: Course, why: string): void {
  for (const step of record.steps) if (step.status === "running") record.note({ ...step, status: "error", error: why });
}
