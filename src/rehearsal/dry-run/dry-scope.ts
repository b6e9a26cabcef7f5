import { renderValue } from "../../expression/render-value.ts";
import type { Found, Scope, ValueName } from "../../expression/scope.ts";
import { valueAt } from "../../expression/value-at.ts";
import type { Action } from "../../model/action.ts";
import type { Secrets } from "../../model/config.ts";
import type { JsonObject, JsonValue } from "../../model/json.ts";
import type { Labels } from "./labels.ts";

/** The same names twice: as they are shown, and as they would be sent as far as that is known. */
export interface DryScope {
  readonly shown: Scope;
  /** Right only for what shows no unknown value. */
  readonly real: Scope;
}

/** Secrets, and the facts of a run: some are known beforehand, the others by their names alone. */
export function dryBaseScope(labels: Labels, secrets: Secrets, facts: ReadonlyMap<string, string>): DryScope {
  const value = (name: ValueName): Found => {
    const known = facts.get(name.text);
    if (known !== undefined) return { found: true, value: known };
    if (UNKNOWN_FACTS.has(name.text)) return { found: true, value: labels.unknown(name.text) };
    return { found: false, why: `{{${name.text}}} is nothing that a template can name here` };
  };
  return {
    shown: { secret: (name) => labels.secret(name, secrets.has(name)), value },
    real: { secret: (name) => secrets.get(name), value },
  };
}

/** Which machine runs it, and under which id, is settled when it runs. */
const UNKNOWN_FACTS: ReadonlySet<string> = new Set(["run.id", "machine.hostname", "machine.id"]);

/** `vars` of a job, over which others may be given. */
export function dryVarsScope(
  outer: DryScope,
  labels: Labels,
  vars: JsonObject,
  given: { readonly shown: JsonObject; readonly real: JsonObject },
): DryScope {
  return {
    shown: scopeOfVars(outer.shown, labels, vars, given.shown),
    real: scopeOfVars(outer.real, labels, vars, given.real),
  };
}

/** The outer scope and one more var: an item of a list. */
export function dryItemScope(
  outer: DryScope,
  labels: Labels,
  as: string,
  item: { readonly shown: JsonValue; readonly real: JsonValue },
): DryScope {
  const one = (value: JsonValue): JsonObject =>
    Object.assign(Object.create(null) as Record<string, JsonValue>, { [as]: value });
  return dryVarsScope(outer, labels, {}, { shown: one(item.shown), real: one(item.real) });
}

function scopeOfVars(outer: Scope, labels: Labels, vars: JsonObject, given: JsonObject): Scope {
  return {
    secret: (name) => outer.secret(name),
    value(name) {
      const [own] = name.segments;
      if (name.root !== "vars" || typeof own !== "string") return outer.value(name);
      const literal = Object.hasOwn(given, own) ? given[own] : undefined;
      if (literal !== undefined) return within(literal, name, labels);
      const template = Object.hasOwn(vars, own) ? vars[own] : undefined;
      if (template === undefined) return outer.value(name);
      const rendered = renderValue(template, outer);
      if (rendered.ok) return within(rendered.value, name, labels);
      return { found: false, why: `{{${name.text}}} has no value: ${rendered.error}` };
    },
  };
}

function within(value: JsonValue, name: ValueName, labels: Labels): Found {
  const inner = valueAt(value, name.segments.slice(1));
  if (inner !== undefined) return { found: true, value: inner };
  if (labels.isUnknown(value)) return { found: true, value: labels.unknown(name.text) };
  return { found: false, why: `{{${name.text}}} has no value: there is nothing at that place` };
}

/** What is known of the steps of a chain while it is gone through. */
export interface StepsSoFar {
  /** In order; their answers are unknown. */
  readonly made: Action[];
  /** Names of those that would be left out. */
  readonly skipped: Set<string>;
}

/** Values of steps and captures over the outer scope: names alone, because only answers give them. */
export function dryStepsScope(outer: DryScope, labels: Labels, steps: StepsSoFar): DryScope {
  const over = (scope: Scope): Scope => ({
    secret: (name) => scope.secret(name),
    value(name) {
      const [own, field] = name.segments;
      if (name.root === "steps") {
        if (steps.made.some((it) => it.name === own)) return { found: true, value: labels.unknown(name.text) };
        if (typeof own !== "string" || !steps.skipped.has(own)) return scope.value(name);
        if (field === "result" && name.segments.length === 2) return { found: true, value: "skipped" };
        return { found: false, why: `{{${name.text}}} has no value: step "${own}" would be left out` };
      }
      const isCaptured = name.root === "vars" && steps.made.some((it) => captures(it, own));
      return isCaptured ? { found: true, value: labels.unknown(name.text) } : scope.value(name);
    },
  });
  return { shown: over(outer.shown), real: over(outer.real) };
}

function captures(action: Action, name: string | number | undefined): boolean {
  return action.type === "http" && typeof name === "string" && Object.hasOwn(action.capture ?? {}, name);
}
