import type { Action } from "../../model/action.ts";
import type { JsonObject, JsonValue } from "../../model/json.ts";
import type { Step } from "../../model/run.ts";
import { stepKey } from "../../model/run.ts";
import { isoSeconds } from "../../model/time.ts";
import { hasStepFailed } from "../../model/step-status.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Found, Rendered, Scope, ValueName } from "../../expression/scope.ts";
import { valueAt } from "../../expression/value-at.ts";
import { stepValueKey } from "../answer/wanted.ts";
import type { ChainInput } from "../chain-ports.ts";
import type { Course, Values } from "./course.ts";
import { failureReason } from "./failure-reason.ts";
import { allPlaces, placesOf } from "./frame.ts";
import type { Frame, Place } from "./frame.ts";

const RESULTS = { ok: "ok", error: "error", unknown: "unknown", skipped_when: "skipped" } as const;

/** What every template of a run can name: secrets, the run, the job, the machine. */
export function baseScope({ run, machine, secrets }: Pick<ChainInput, "run" | "machine" | "secrets">): Scope {
  const facts = new Map<string, JsonValue>([
    ["run.id", run.id],
    ["run.scheduled_for", isoSeconds(run.scheduledFor)],
    ["run.local", run.local],
    ["job.name", run.jobName],
    ["machine.hostname", machine.hostname],
    ["machine.id", machine.machineId],
  ]);
  return {
    secret: (name) => secrets.get(name),
    value(name) {
      const value = facts.get([name.root, ...name.segments].join("."));
      return value === undefined
        ? nothing(`{{${name.text}}} is nothing that a template can name here`)
        : { ...found(value), isWritten: true };
    },
  };
}

/**
 * `vars` of a job, over which others may be given. Those of the job are rendered when they are asked for, in the outer
 * scope, so that a secret among them never stands in a record.
 * @param isWritten whether nothing of what is given by a name came out of an answer
 */
export function varsScope(
  outer: Scope,
  vars: JsonObject,
  given: JsonObject,
  isWritten: (name: string) => boolean,
): Scope {
  const rendered = new Map<string, Rendered<JsonValue>>();
  return {
    secret: (name) => outer.secret(name),
    value(name) {
      const own = ownName(name, "vars");
      if (own === undefined) return outer.value(name);
      const value = Object.hasOwn(given, own) ? given[own] : undefined;
      if (value !== undefined) return within(value, name, isWritten(own));
      const template = Object.hasOwn(vars, own) ? vars[own] : undefined;
      if (template === undefined) return outer.value(name);
      const result = rendered.get(own) ?? renderValue(template, outer);
      rendered.set(own, result);
      return result.ok ? within(result.value, name, true) : nothing(`{{${name.text}}} has no value: ${result.error}`);
    },
  };
}

/** The outer scope and one more var. */
export function itemScope(outer: Scope, as: string, item: JsonValue, isWritten: boolean): Scope {
  const given = Object.assign(Object.create(null) as Record<string, JsonValue>, { [as]: item });
  return varsScope(outer, {}, given, () => isWritten);
}

/** What the steps of a frame have come to, over the outer scope. The latest step that has a value gives it. */
export function stepsScope(outer: Scope, course: Course, frame: Pick<Frame, "parent" | "lists">): Scope {
  const places = allPlaces(frame).toReversed();
  return {
    secret: (name) => outer.secret(name),
    value(name) {
      if (name.root === "steps") return ofSteps(name, places, course) ?? outer.value(name);
      if (name.root === "run" && name.segments[0] === "error") return found(whyFailed(course, frame));
      const own = ownName(name, "vars");
      return own === undefined ? outer.value(name) : captured(name, own, places, course, outer);
    },
  };
}

function captured(name: ValueName, own: string, places: readonly Place[], course: Course, outer: Scope): Found {
  const capturing = places.filter(({ action }) => action.type === "http" && hasKey(action.capture, own));
  for (const { key, action } of capturing) {
    const step = course.record.get(key);
    const kept = valueOf(course, step, own);
    const value = kept === undefined ? defaultOf(action, own, step) : kept;
    if (value !== undefined) return within(value, name);
  }
  const elsewhere = outer.value(name);
  const [last] = capturing;
  if (elsewhere.found || last === undefined) return elsewhere;
  const step = course.record.get(last.key);
  const why =
    step === undefined ? "which has not been made" : `which ended as ${step.status} and found nothing to capture`;
  return nothing(
    `{{${name.text}}} has no value: it is captured by step ${last.index + 1}, ${why}; give the capture a "default", or let it fail`,
  );
}

/** A step that failed where the chain goes on gives the default, however it failed: it may have had no answer at all. */
function defaultOf(action: Action, own: string, step: Step | undefined): JsonValue | undefined {
  if (action.type !== "http" || step === undefined || !hasStepFailed(step.status)) return undefined;
  return action.capture?.[own]?.default;
}

/** Why the chain has failed, for what is done then; nothing while it has not. */
function whyFailed(course: Course, frame: Pick<Frame, "parent" | "lists">): string {
  for (const { key, action } of placesOf(frame, "actions")) {
    const step = course.record.get(key);
    if (step !== undefined && hasStepFailed(step.status) && !action.continueOnFailure) return failureReason(step);
  }
  return course.stoppedBecause ?? "";
}

function ofSteps(name: ValueName, places: readonly Place[], course: Course): Found | undefined {
  const [stepName, field, ...rest] = name.segments;
  const named = places.filter(({ action }) => action.name === stepName);
  const [first] = named;
  if (first === undefined) return undefined;
  // The same name twice: the latest that was made, else the latest that was skipped.
  const begun = named.filter(({ key }) => course.record.get(key) !== undefined);
  const made = begun.find(({ key }) => course.record.get(key)?.status !== "skipped_when");
  const place = made ?? begun[0] ?? first;
  const step = course.record.get(place.key);
  const where = `step ${place.index + 1} "${String(stepName)}"`;
  if (step === undefined) return nothing(`{{${name.text}}} has no value: ${where} has not been made`);
  const value = stepField(course, step, name, field, rest.length === 0);
  if (value !== undefined) return found(value);
  return nothing(`{{${name.text}}} has no value: ${where} ended as ${step.status} and has none`);
}

function stepField(
  course: Course,
  step: Step,
  name: ValueName,
  field: string | number | undefined,
  isWhole: boolean,
): JsonValue | undefined {
  const key = stepValueKey(name);
  if (key !== undefined) return valueOf(course, step, key);
  if (!isWhole) return undefined;
  switch (field) {
    case "status":
      return step.statusCode;
    case "result":
      return step.status in RESULTS ? RESULTS[step.status as keyof typeof RESULTS] : undefined;
    case "error":
      return step.error ?? "";
    case "total":
    case "ok":
    case "failed":
    case "skipped":
      return step.items?.[field];
    default:
      return undefined;
  }
}

function valueOf(course: Course, step: Step | undefined, name: string): JsonValue | undefined {
  if (step === undefined) return undefined;
  const places: readonly (Values | undefined)[] = [course.sensitive.of(stepKey(step)), step.values];
  for (const values of places) if (values !== undefined && Object.hasOwn(values, name)) return values[name];
  return undefined;
}

function ownName(name: ValueName, root: ValueName["root"]): string | undefined {
  const [own] = name.segments;
  return name.root === root && typeof own === "string" ? own : undefined;
}

/** What a name finds inside of the value that its first segment gives. */
function within(value: JsonValue, name: ValueName, isWritten = false): Found {
  const inner = valueAt(value, name.segments.slice(1));
  return inner === undefined
    ? nothing(`{{${name.text}}} has no value: there is nothing at that place`)
    : { ...found(inner), isWritten };
}

function hasKey(object: object | undefined, key: string): boolean {
  return object !== undefined && Object.hasOwn(object, key);
}

function found(value: JsonValue): Extract<Found, { found: true }> {
  return { found: true, value };
}

function nothing(why: string): Found {
  return { found: false, why };
}
