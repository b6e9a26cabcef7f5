import type { Action } from "../../model/action.ts";
import type { StepPart } from "../../model/run.ts";

/** What a step would do, as far as that can be said beforehand. No secret value stands in it. */
export interface DryStep {
  readonly name: string;
  readonly type: Action["type"];
  /** `undefined`: it belongs to the actions. */
  readonly part: StepPart | undefined;
  /** Why it would be skipped; then nothing else is said. */
  readonly skipped: string | undefined;
  /** Under which conditions it would be made; only answers can decide them. */
  readonly conditions: readonly string[];
  readonly request: DryRequest | undefined;
  /** What else it does, in plain words. */
  readonly notes: readonly string[];
  /** What would stop it before anything is sent. */
  readonly problems: readonly string[];
  readonly branches: readonly DryBranch[];
}

export interface DryRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

/** A small chain inside of a step: for an item of a list, or of another job. */
export interface DryBranch {
  readonly title: string;
  readonly steps: readonly DryStep[];
}
