import { EXIT, ExitError, type ExitCode } from "../model/errors.ts";
import type { Problem } from "../model/problem.ts";
import { visible } from "./print/visible.ts";

/** Ends the program with everything that is wrong with something from outside, each with its pointer. */
export class ProblemsError extends ExitError {
  readonly problems: readonly Problem[];
  constructor(exitCode: ExitCode, summary: string, problems: readonly Problem[], hint?: string) {
    super(exitCode, [summary, ...problems.map(problemLine)].join("\n"), hint);
    this.problems = problems;
  }
}

/** The error for a config that can't be used. */
export function invalidConfig(problems: readonly Problem[], path: string | undefined): ProblemsError {
  const source = path === undefined ? "the configuration" : path;
  return new ProblemsError(EXIT.usage, `can't use ${source}:`, problems);
}

/** One line: `  /actions/0/url  must begin with http:// or https://`. */
export function problemLine(problem: Problem): string {
  const mark = problem.severity === "warning" ? "  (warning)" : "";
  const path = problem.path === "" ? "" : `${visible(problem.path)}  `;
  return `  ${path}${visible(problem.message)}${mark}`;
}

/** Whether anything in the list stops something. */
export function hasError(problems: readonly Problem[]): boolean {
  return problems.some((it) => it.severity === "error");
}
