import type { Step } from "../../model/run.ts";
import type { Course } from "./course.ts";

/**
 * Waits for the moment of a step that waits. It is stored before, so that whoever takes the run over meanwhile keeps to
 * the same moment.
 * @returns false when the run is halted first
 */
export async function waitUntil(course: Course, { nextAttemptAt }: Step): Promise<boolean> {
  const { ports } = course;
  if (nextAttemptAt === undefined || nextAttemptAt <= ports.now()) return true;
  if (!(await course.save())) return false;
  while (course.halt() === undefined) {
    if (nextAttemptAt <= ports.now()) return true;
    await ports.pause(nextAttemptAt, course.signal);
  }
  return false;
}
