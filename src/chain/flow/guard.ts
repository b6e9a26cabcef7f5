import type { Guard } from "../../model/action.ts";
import type { JsonValue } from "../../model/json.ts";
import type { Condition } from "../../model/matcher.ts";
import type { RunFacts } from "../../model/run.ts";
import { mismatch, renderMatcher } from "../../expression/matcher.ts";
import { renderValue } from "../../expression/render-value.ts";
import type { Rendered, Scope } from "../../expression/scope.ts";
import { onlyTemplate } from "../../expression/template.ts";

type Scheduled = Pick<RunFacts, "hour" | "minute">;

/** Whether the scheduled local time of the run is among those of the guard; what it leaves out always holds. */
export function clockHolds(guard: Guard, scheduled: Scheduled): boolean {
  return (guard.hourIn?.includes(scheduled.hour) ?? true) && (guard.minuteIn?.includes(scheduled.minute) ?? true);
}

/** Whether an action applies: the scheduled time and every condition on values hold. */
export function guardHolds(guard: Guard, scheduled: Scheduled, scope: Scope): Rendered<boolean> {
  if (!clockHolds(guard, scheduled)) return { ok: true, value: false };
  for (const condition of guard.if ?? []) {
    const holds = conditionHolds(condition, scope);
    if (!holds.ok || !holds.value) return holds;
  }
  return { ok: true, value: true };
}

function conditionHolds({ value, matcher }: Condition, scope: Scope): Rendered<boolean> {
  const expected = renderMatcher(matcher, scope);
  if (!expected.ok) return expected;
  const actual = renderPresent(value, scope);
  return actual.ok ? { ok: true, value: mismatch(actual.value, expected.value) === undefined } : actual;
}

/** A name that has no value is nothing to compare with, which `exists` can ask for; no error. */
function renderPresent(value: JsonValue, scope: Scope): Rendered<JsonValue | undefined> {
  const name = typeof value === "string" ? onlyTemplate(value) : undefined;
  if (name?.kind !== "value") return renderValue(value, scope);
  const found = scope.value(name.name);
  return { ok: true, value: found.found ? found.value : undefined };
}
