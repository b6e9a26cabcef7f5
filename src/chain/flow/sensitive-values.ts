import type { Secrets } from "../../model/config.ts";
import type { JsonValue } from "../../model/json.ts";
import { ExactDecimal } from "../../model/json.ts";
import type { StepKey } from "../../model/run.ts";
import { createRedactor } from "../redact/redact.ts";
import type { GrowingRedactor, Redactor } from "../redact/redact.ts";
import type { Values } from "./course.ts";

/** Depth beyond which no value from outside goes. */
const DEPTH_MAX = 200;

/** What a run came to know and must not tell: kept in this process alone, and hidden in all that the run tells. */
export interface SensitiveValues {
  /** Knows the secrets of the machine and all that was added. */
  readonly redactor: Redactor;
  /** Keeps the values of a step for those after it, and hides them. */
  keep(key: StepKey, values: Values): void;
  of(key: StepKey): Values | undefined;
  /** Forgets what is kept of all steps below this one; it stays hidden. */
  forgetBelow(key: StepKey): void;
  /** Hides all texts and numbers in these, by name. */
  hideAll(values: Values): void;
  /** A text to hide, such as a token that was fetched for a request. */
  hide(name: string, text: string): void;
}

/** @param redactor for these secrets; used while nothing is added */
export function createSensitiveValues(secrets: Secrets, redactor: Redactor): SensitiveValues {
  const kept = new Map<StepKey, Values>();
  const hidden = new Set<string>();
  let own: GrowingRedactor | undefined;

  function hide(name: string, text: string): void {
    if (hidden.has(text)) return;
    hidden.add(text);
    own ??= createRedactor(secrets);
    own.add(name, text);
  }

  function hideAll(values: Values): void {
    for (const [name, value] of Object.entries(values)) for (const text of leaves(value, 0)) hide(name, text);
  }

  return {
    get redactor() {
      return own ?? redactor;
    },
    keep(key, values) {
      kept.set(key, values);
      hideAll(values);
    },
    of: (key) => kept.get(key),
    forgetBelow(key) {
      for (const below of kept.keys()) if (below.startsWith(`${key}/`)) kept.delete(below);
    },
    hideAll,
    hide,
  };
}

function leaves(value: JsonValue, depth: number): readonly string[] {
  if (typeof value === "string") return [value];
  if (value instanceof ExactDecimal) return [value.digits];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (value === null || typeof value !== "object" || depth > DEPTH_MAX) return [];
  const inner: readonly JsonValue[] = Array.isArray(value) ? value : Object.values(value);
  return inner.flatMap((it) => leaves(it, depth + 1));
}
