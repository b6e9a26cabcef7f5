import type { Action, HttpAction } from "../../model/action.ts";
import type { EpochMs } from "../../model/time.ts";
import { isStepOver } from "../../model/step-status.ts";
import { templatesIn } from "../../expression/template.ts";
import { retryPolicy } from "../answer/retry.ts";
import type { Course } from "./course.ts";
import { allPlaces, stepAt } from "./frame.ts";
import type { Frame } from "./frame.ts";

const LOST = "its sensitive values were lost with the agent that had them, and no attempt is left to get them again";

/**
 * Sensitive values are in the memory of one agent alone. Whoever goes on with a run makes the steps again that gave
 * them, each with its next attempt, if a step that is still to be made names any of them.
 */
export function makeAgainWhatWasLost(course: Course, frame: Frame): void {
  const places = allPlaces(frame);
  // From the last on, because what is made again may need what came before it.
  for (const place of places.toReversed()) {
    const step = stepAt(course.record, place);
    if (place.action.type !== "http" || step?.hasSensitiveValues !== true) continue;
    // One that failed is not made again for it: the chain has gone on from that.
    if (step.status !== "ok") continue;
    if (course.sensitive.of(place.key) !== undefined) continue;
    const toBeMade = places.filter((it) => !isStepOver(stepAt(course.record, it)?.status ?? "waiting"));
    if (!toBeMade.some((it) => names(it.action, place.action as HttpAction))) continue;
    const { retries } = retryPolicy(place.action, frame.job, course.input.defaults);
    if (step.attempts > retries) course.record.note({ ...step, status: "error", error: LOST });
    else course.record.note({ ...step, status: "waiting", nextAttemptAt: course.ports.now() as EpochMs });
  }
}

/** Whether templates of an action name a capture of another, or its answer. */
function names(action: Action, { name, capture }: HttpAction): boolean {
  return templatesIn(action).some((it) => {
    if (it.kind !== "value") return false;
    const [first] = it.name.segments;
    if (it.name.root === "vars") return typeof first === "string" && Object.hasOwn(capture ?? {}, first);
    return it.name.root === "steps" && first === name;
  });
}
