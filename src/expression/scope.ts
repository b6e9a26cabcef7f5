import type { JsonValue } from "../model/json.ts";

/** A name with a dot, as a template writes it: `vars.token`, `steps.login.json.items[0].id`, `run.id`. */
export interface ValueName {
  readonly root: "vars" | "steps" | "run" | "job" | "machine";
  /** What follows the root; at least one. */
  readonly segments: readonly (string | number)[];
  /** As written, for messages. */
  readonly text: string;
}

export type Found =
  | {
      readonly found: true;
      readonly value: JsonValue;
      /** True: whoever writes or starts jobs said it, and it came out of no answer; so it may say where a request goes. */
      readonly isWritten?: boolean;
    }
  /** Why nothing is there and what to do, in plain words. */
  | { readonly found: false; readonly why: string };

/** What templates can name. */
export interface Scope {
  /** `{{KEY}}`. */
  secret(name: string): string | undefined;
  value(name: ValueName): Found;
}

/** A rendered thing, or in plain words why it could not be rendered. */
export type Rendered<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };
