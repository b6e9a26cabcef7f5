import type { JsonValue } from "./json.ts";

/** Where a value is taken from. */
export type CaptureSource =
  /** One value for a path that can find only one, else the list of what it finds. */
  | { readonly kind: "json"; readonly path: string }
  /** By name in small letters. */
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "status" }
  /** The whole text, or what a regular expression finds in it: its first group, else the whole find. */
  | { readonly kind: "text"; readonly pattern: string | undefined };

/** A value that a step takes out of its answer for the steps after it. */
export interface Capture {
  readonly from: CaptureSource;
  /** Taken when nothing is found, and when the step failed and the chain goes on. `undefined`: there is none. */
  readonly default: JsonValue | undefined;
  /** Never stored, logged or shown. */
  readonly sensitive: boolean;
}

/** By the name under `vars`. */
export type Captures = Readonly<Record<string, Capture>>;
