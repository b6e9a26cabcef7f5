import { execFileSync } from "node:child_process";

/** Runs a program of this machine to its end. @throws with what it said */
export function runTool(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Whether a program of this machine is there and ends well. */
export function toolAnswers(program: string, ...args: readonly string[]): boolean {
  try {
    runTool(program, ...args);
    return true;
  } catch {
    return false;
  }
}
