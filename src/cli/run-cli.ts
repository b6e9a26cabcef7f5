import { CommanderError } from "commander";
import { EXIT, type ExitCode, ExitError } from "../model/errors.ts";
import type { CliDeps } from "./deps.ts";
import { buildProgram } from "./program.ts";

/**
 * Runs the program once and answers its exit code. Never rejects: failures are printed on stderr, in words or, with
 * `--output json`, as `{"error":{…}}`.
 * @param argv the arguments alone, without the paths of Node and the script
 */
export async function runCli(deps: CliDeps, argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(deps, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    // commander has printed the help of a command that lacks its verb.
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT.usage;
    const { asExitError, failureText } = await import("./failure.ts");
    const failure = error instanceof CommanderError ? usageError(error) : asExitError(error);
    deps.output.stderr(failureText(failure, asksForJson(argv)));
    return failure.exitCode;
  }
}

function usageError({ message }: CommanderError): ExitError {
  const [first = message, ...rest] = message.replace(/^error: /, "").split("\n");
  const hint = rest.join(" ").replace(/^\((.*)\)$/, "$1");
  return new ExitError(EXIT.usage, first, hint === "" ? "`fleetcron --help` shows the commands." : hint);
}

/** Read from the words themselves, because a command line that can't be parsed has an output as well. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some((word, at) => word === "--output=json" || (word === "--output" && argv[at + 1] === "json"));
}
