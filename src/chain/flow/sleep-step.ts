import type { SleepAction } from "../../model/action.ts";
import type { Step } from "../../model/run.ts";
import type { EpochMs } from "../../model/time.ts";
import { DAY_MS, SECOND_MS, isoSeconds } from "../../model/time.ts";
import { renderText } from "../../expression/render-text.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered } from "../../expression/scope.ts";
import { blankStep } from "../record/step.ts";
import type { Course } from "./course.ts";
import { failUnsent } from "./fail-step.ts";
import type { Frame, Place } from "./frame.ts";
import { stepAt, stepPlace } from "./frame.ts";
import { waitUntil } from "./wait-until.ts";

/** Longest sleep. */
const SLEEP_MS_MAX = 30 * DAY_MS;

interface SleepStep {
  readonly course: Course;
  readonly frame: Frame;
  readonly place: Place;
  readonly action: SleepAction;
}

/** Waits until the moment that is found once and stored. */
export async function walkSleep(it: SleepStep): Promise<void> {
  const { course, place } = it;
  const step = stepAt(course.record, place) ?? begin(it);
  if (step !== undefined && (await waitUntil(course, step))) {
    course.record.note({ ...step, status: "ok", nextAttemptAt: undefined });
  }
}

function begin(it: SleepStep): Step | undefined {
  const { course, place, action } = it;
  const until = wakeAt(it);
  if (!until.ok) {
    failUnsent(course, place, undefined, until.error);
    return undefined;
  }
  const step: Step = { ...blankStep(action, stepPlace(place)), status: "waiting", nextAttemptAt: until.value };
  course.record.note(step);
  return step;
}

function wakeAt({ course, frame, action }: SleepStep): Rendered<EpochMs> {
  const now = course.ports.now();
  const at = action.until === undefined ? afterSeconds(action, frame, now) : timeOf(action.until, course, frame, now);
  if (at.ok && at.value - now > SLEEP_MS_MAX) {
    return { ok: false, error: `it would sleep until ${isoSeconds(at.value)}; the longest sleep is 30 days` };
  }
  return at;
}

function afterSeconds({ for: length }: SleepAction, { scope }: Frame, now: EpochMs): Rendered<EpochMs> {
  if (typeof length === "number") return { ok: true, value: (now + length) as EpochMs };
  const rendered = renderValue(length ?? 0, scope);
  if (!rendered.ok) return rendered;
  const seconds = Number(typeof rendered.value === "object" ? Number.NaN : rendered.value);
  if (rendered.value !== "" && seconds >= 0 && seconds < Number.POSITIVE_INFINITY) {
    return { ok: true, value: Math.round(now + seconds * SECOND_MS) as EpochMs };
  }
  return { ok: false, error: `how long to sleep must be a number of seconds, and ${length} gives none` };
}

function timeOf(text: string, { ports }: Course, { job, scope }: Frame, now: EpochMs): Rendered<EpochMs> {
  const rendered = renderText(text, scope, "text");
  if (!rendered.ok) return rendered;
  const at = ports.readTime(rendered.value.trim(), now, job.schedule.zone);
  if (at !== undefined) return { ok: true, value: at };
  return { ok: false, error: `"${rendered.value}" is no time to sleep until: write 2026-12-01T09:00 or 14:30` };
}
