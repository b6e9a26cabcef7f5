import { type Command, InvalidArgumentError } from "commander";
import type { ExitCode } from "../model/errors.ts";
import { parseDuration } from "../query/duration.ts";
import type { CliDeps } from "./deps.ts";
import type { Invocation, ParsedFlags } from "./invocation.ts";

/** What the commands are hung on: it turns a parsed command line into one call and keeps its exit code. */
export interface Shell {
  readonly run: (command: Command, body: (call: Invocation) => Promise<ExitCode>) => Promise<void>;
}

/** Printing and everything behind it is loaded when a command runs, so that help and version come at once. */
export function createShell(deps: CliDeps, onEnd: (code: ExitCode) => void): Shell {
  return {
    async run(command, body) {
      const { createInvocation } = await import("./invocation.ts");
      const call = createInvocation(deps, command.optsWithGlobals<ParsedFlags>());
      onEnd(await body(call));
    },
  };
}

/** A count from 1 to `most`. */
export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  };
}

/** Gathers what an option says each time that it is there. */
export function severally(text: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, text];
}

/** A length of time in milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError("Write it as 90s, 15m, 2h or 3d.");
}
