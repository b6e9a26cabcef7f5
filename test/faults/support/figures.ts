import type { TestContext } from "vitest";

/** What a test measured, by name with its unit; shown in the summary and never asserted tightly. */
export type Figures = Readonly<Record<string, number | string>>;

declare module "vitest" {
  export interface TaskMeta {
    figures?: Figures;
  }
}

/** Hands figures to the summary at the end of the run; several calls in one test add up. */
export function report(context: TestContext, figures: Figures): void {
  context.task.meta.figures = { ...context.task.meta.figures, ...figures };
}

export interface Spread {
  readonly p50: number;
  readonly max: number;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => Math.round(sorted[index] ?? Number.NaN);
  return { p50: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}
