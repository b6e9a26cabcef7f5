import type { Problem } from "../model/problem.ts";
import { parseConfig } from "../schema/config.ts";

/** What is wrong with the text of a config by itself: no flags, no environment, no secret looked up. */
export function configProblems(text: string): readonly Problem[] {
  const secretSources = { env: () => "", file: () => ({ text: "" }) };
  const parsed = parseConfig({ text, environment: {}, flags: {}, secretSources });
  return parsed.ok ? parsed.warnings : parsed.problems;
}
