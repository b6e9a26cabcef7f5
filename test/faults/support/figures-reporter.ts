import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import type { Figures } from "./figures.ts";

/** Ignored by git. */
const FIGURES_FILE = fileURLToPath(new URL("../../../coverage/faults.json", import.meta.url));

interface Row {
  /** As in the fault matrix: F1 and so on; empty when the test's name begins with none. */
  readonly row: string;
  readonly test: string;
  readonly state: string;
  readonly seconds: number;
  readonly figures: Figures;
}

/** Prints a line per row with what was measured, and writes the same as JSON. */
export class FiguresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap((it) => [...it.children.allTests()]).map(rowOf);
    const ordered = rows.toSorted((a, b) => numberOf(a) - numberOf(b));
    process.stdout.write(`\nFaults, row by row\n${ordered.map(lineOf).join("\n")}\n`);
    mkdirSync(dirname(FIGURES_FILE), { recursive: true });
    writeFileSync(FIGURES_FILE, `${JSON.stringify({ at: new Date().toISOString(), rows: ordered }, null, 2)}\n`);
    process.stdout.write(`figures: ${FIGURES_FILE}\n`);
  }
}

// Vitest takes a reporter from a file only as its default export.
export { FiguresReporter as default };

function rowOf(test: TestCase): Row {
  const [, row = "", sentence = test.fullName] = /\b(F\d+[a-z]?(?:, F\d+)*): (.*)$/.exec(test.fullName) ?? [];
  return {
    row,
    test: sentence,
    state: test.result().state,
    seconds: Math.round((test.diagnostic()?.duration ?? 0) / 100) / 10,
    figures: test.meta().figures ?? {},
  };
}

const numberOf = ({ row }: Row) => Number(/\d+/.exec(row)?.[0] ?? Number.POSITIVE_INFINITY);

function lineOf({ row, test, state, seconds, figures }: Row): string {
  const measured = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  return `${row.padEnd(4)} ${state.padEnd(7)} ${String(seconds).padStart(6)} s  ${test}${measured.length === 0 ? "" : `\n${" ".repeat(23)}${measured.join(" · ")}`}`;
}
