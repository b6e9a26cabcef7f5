/** One thing that is wrong with something from outside. */
export interface Problem {
  /** A JSON Pointer into what was read; `""` is the whole. */
  readonly path: string;
  /** What is wrong and what to do, without a secret value. */
  readonly message: string;
  /** A warning stops nothing. */
  readonly severity: "error" | "warning";
}

/** What came out of reading something from outside; warnings may accompany a value. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };
