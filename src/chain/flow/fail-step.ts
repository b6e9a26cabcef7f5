import type { Step } from "../../model/run.ts";
import { blankStep } from "../record/step.ts";
import type { Course } from "./course.ts";
import type { Place } from "./frame.ts";
import { stepPlace } from "./frame.ts";

/** Ends a step that can't be made: what can't be built will not build at a second try. */
export function failUnsent(course: Course, place: Place, before: Step | undefined, error: string): void {
  course.unsent.delete(place.key);
  course.record.note({
    ...(before ?? blankStep(place.action, stepPlace(place))),
    status: "error",
    error: course.texts.error(error),
    nextAttemptAt: undefined,
  });
}
