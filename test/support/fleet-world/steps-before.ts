import { type Step, type StepKey, stepKey } from "../../../src/model/run.ts";

/**
 * The steps of a run whose results must be stored before this one may begin: the earlier ones of its own list, and of
 * each list that it lies in. Items of a `for_each` have no order among themselves.
 */
export function stepsBefore(steps: readonly Step[], key: StepKey): readonly Step[] {
  const found: Step[] = [];
  const places = key.split("/");
  for (let depth = 0; depth < places.length; depth++) {
    const parent = depth === 0 ? undefined : (places.slice(0, depth).join("/") as StepKey);
    const isItem = steps.some((it) => stepKey(it) === parent && it.items !== undefined);
    if (isItem) continue;
    found.push(...steps.filter((it) => it.parent === parent && it.index < Number(places[depth])));
  }
  return found;
}

/** True when each action before it has its record: none was passed over. Not for `on_failure` and `finally`. */
export function hasAllBefore(steps: readonly Step[], key: StepKey): boolean {
  const own = steps.find((it) => stepKey(it) === key);
  if (own === undefined || own.part !== undefined) return true;
  const isItem = steps.some((it) => stepKey(it) === own.parent && it.items !== undefined);
  return isItem || steps.filter((it) => it.parent === own.parent && it.index < own.index).length === own.index;
}

export function isOver({ status }: Step): boolean {
  return status !== "sending" && status !== "waiting" && status !== "running";
}
