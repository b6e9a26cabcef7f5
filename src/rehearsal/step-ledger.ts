import type { JsonObject } from "../model/json.ts";
import type { Step, StepKey } from "../model/run.ts";
import { stepKey } from "../model/run.ts";
import { isCaptureName } from "../model/step-values.ts";

/** A step of a rehearsed run and how a test names it. */
export interface NamedStep {
  /** Its name; inside a `for_each` `machines/2/submit`, with the items counted from 0; inside a called job `other/login`. */
  readonly path: string;
  readonly step: Step;
}

/** All that became of the steps of a run; unlike a run document it forgets nothing. */
export interface StepLedger {
  note(step: Step): void;
  /** In the order in which they began. */
  readonly steps: readonly NamedStep[];
  pathOf(key: StepKey): string | undefined;
  /** The step that is being sent, as long as it is the only one. */
  readonly onlySending: string | undefined;
  /** What the run's own steps captured and did not keep to themselves, by name. */
  readonly captured: JsonObject;
}

export function createStepLedger(): StepLedger {
  const steps = new Map<StepKey, Step>();
  const paths = new Map<StepKey, string>();

  function pathFor(step: Step): string {
    const { parent } = step;
    if (parent === undefined) return step.name;
    const isItem = steps.get(parent)?.items !== undefined;
    return `${paths.get(parent) ?? parent}/${isItem ? step.index : step.name}`;
  }

  return {
    note(step) {
      const key = stepKey(step);
      // Its place in the order stays that of its beginning.
      if (!paths.has(key)) paths.set(key, pathFor(step));
      steps.set(key, step);
    },
    get steps() {
      return [...steps].map(([key, step]) => ({ path: paths.get(key) ?? key, step }));
    },
    pathOf: (key) => paths.get(key),
    get onlySending() {
      const sending = [...steps].filter(([, { status }]) => status === "sending");
      const [only] = sending;
      return only === undefined || sending.length > 1 ? undefined : paths.get(only[0]);
    },
    get captured() {
      const captured = Object.create(null) as Record<string, JsonObject[string]>;
      for (const { parent, values } of steps.values()) {
        if (parent !== undefined) continue;
        for (const [name, value] of Object.entries(values ?? {})) {
          if (isCaptureName(name)) captured[name] = value;
        }
      }
      return captured;
    },
  };
}
