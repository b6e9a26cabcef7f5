import type { JobAction } from "../../model/action.ts";
import { listsOf } from "../../model/action-lists.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Job } from "../../model/job.ts";
import type { Step } from "../../model/run.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered } from "../../expression/scope.ts";
import { isAllWritten } from "../../expression/written.ts";
import { wantedValues } from "../answer/wanted.ts";
import { blankStep } from "../record/step.ts";
import type { Course } from "./course.ts";
import { failUnsent } from "./fail-step.ts";
import type { Frame, Place } from "./frame.ts";
import { stepAt, stepPlace } from "./frame.ts";
import { baseScope, stepsScope, varsScope } from "./scope.ts";
import type { FrameEnd, WalkFrame } from "./walk-frame.ts";

export interface JobStep {
  readonly course: Course;
  readonly frame: Frame;
  readonly place: Place;
  readonly action: JobAction;
}

/** Walks the chain of another job as a part of this run; which revision of it, is settled when it begins. */
export async function walkCalledJob(it: JobStep, walk: WalkFrame): Promise<void> {
  const { course, place } = it;
  const frame = await calledFrame(it);
  if (!frame.ok) return failUnsent(course, place, stepAt(course.record, place), frame.error);
  endCalledJob(it, await walk(course, frame.value));
}

/** The frame of the called job, from what is stored if it has begun. */
export async function calledFrame(it: JobStep): Promise<Rendered<Frame>> {
  const { course, frame, place, action } = it;
  const vars = renderValue(action.vars, frame.scope);
  if (!vars.ok) return vars;
  const job = await begin(it);
  if (!job.ok) return job;
  const inside = { parent: place.key, lists: listsOf(job.value) };
  const outer = varsScope(baseScope(course.input), job.value.vars ?? {}, vars.value as JsonObject, (name) =>
    isAllWritten(action.vars[name] ?? null, frame.scope),
  );
  const scope = stepsScope(outer, course, inside);
  return {
    ok: true,
    value: { ...inside, width: frame.width, job: job.value, wanted: wantedValues(job.value), scope },
  };
}

/** Says how the step ended by how the called job did. */
export function endCalledJob({ course, place }: JobStep, end: FrameEnd): void {
  const step = stepAt(course.record, place);
  if (step === undefined || end.kind === "halted") return;
  if (end.kind === "ok") course.record.note({ ...step, status: "ok" });
  else course.record.note({ ...step, status: end.status, error: end.reason, statusCode: end.step.statusCode });
}

async function begin({ course, place, action }: JobStep): Promise<Rendered<Job>> {
  const { jobs } = course.ports;
  const before = stepAt(course.record, place);
  if (before?.called !== undefined) {
    const job = await jobs.revision(before.called);
    if (job !== undefined) return { ok: true, value: job };
    return { ok: false, error: `the job "${action.job}" as it was when this step began is not stored any more` };
  }
  const found = await jobs.find(action.job);
  if ("problem" in found) return { ok: false, error: found.problem };
  const step: Step = {
    ...blankStep(action, stepPlace(place)),
    status: "running",
    called: found.revision,
  };
  course.record.note(step);
  return { ok: true, value: found.job };
}
