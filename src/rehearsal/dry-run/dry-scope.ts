import { itemScope, varsScope } from "../../chain/flow/scope.ts";
import type { Found, Scope, ValueName } from "../../expression/scope.ts";
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
    if (known !== undefined) return { found: true, value: known, isWritten: true };
    if (UNKNOWN_FACTS.has(name.text)) return { found: true, value: labels.unknown(name.text) };
    return { found: false, why: `{{${name.text}}} is nothing that a template can name here` };
  };
  return {
    shown: { secret: (name) => labels.secret(name, secrets.has(name)), value },
    real: { secret: (name) => secrets.get(name), value },
  };
}

/** Which machine runs it, and under which id, is settled when it runs. */
const UNKNOWN_FACTS: ReadonlySet<string> = new Set(["run.id", "run.error", "machine.hostname", "machine.id"]);

/** A value as it is shown, and as it would be sent. */
interface Twice<Value> {
  readonly shown: Value;
  readonly real: Value;
}

/**
 * `vars` of a job, over which others may be given.
 * @param isWritten whether nothing of what is given by a name would come out of an answer
 */
export function dryVarsScope(
  outer: DryScope,
  labels: Labels,
  vars: JsonObject,
  given: Twice<JsonObject>,
  isWritten: (name: string) => boolean,
): DryScope {
  return {
    shown: withUnknownParts(varsScope(outer.shown, vars, given.shown, isWritten), labels),
    real: withUnknownParts(varsScope(outer.real, vars, given.real, isWritten), labels),
  };
}

/** The outer scope and one more var: an item of a list. */
export function dryItemScope(
  outer: DryScope,
  labels: Labels,
  as: string,
  item: Twice<JsonValue>,
  isWritten: boolean,
): DryScope {
  return {
    shown: withUnknownParts(itemScope(outer.shown, as, item.shown, isWritten), labels),
    real: withUnknownParts(itemScope(outer.real, as, item.real, isWritten), labels),
  };
}

/** A part of a var of which nothing is known is as unknown itself. */
function withUnknownParts(scope: Scope, labels: Labels): Scope {
  return {
    secret: (name) => scope.secret(name),
    value(name) {
      const found = scope.value(name);
      if (found.found || name.root !== "vars") return found;
      const whole = scope.value({ ...name, segments: name.segments.slice(0, 1) });
      const isUnknown = whole.found && labels.isUnknown(whole.value);
      return isUnknown ? { found: true, value: labels.unknown(name.text) } : found;
    },
  };
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
        return { found: false, why: `{{${name.text}}} has no value: step "${own}" would be skipped` };
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
