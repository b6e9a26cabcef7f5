import { Command, Option } from "commander";
import type { ExitCode } from "../model/errors.ts";
import type { CliDeps } from "./deps.ts";
import { addFleetCommands } from "./fleet/fleet-commands.ts";
import { addJobCommands } from "./job/job-commands.ts";
import { addRunCommands } from "./run/run-commands.ts";
import { addSetupCommands } from "./setup/setup-commands.ts";
import { createShell } from "./shell.ts";

/**
 * The command line. Its commands throw; `runCli` catches and prints.
 * @param onEnd told the exit code of the command that ran
 */
export function buildProgram(deps: CliDeps, onEnd: (code: ExitCode) => void): Command {
  const program = new Command("fleetcron")
    .description("Cron for a fleet without a server.")
    .version(deps.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => deps.output.stdout(text),
      writeErr: (text) => deps.output.stderr(text),
      // runCli prints errors, as words or as JSON.
      outputError: () => {},
    })
    .showSuggestionAfterError()
    .exitOverride()
    .option("--config <file>", "the config file")
    .option("--uri <uri>", "connection string of MongoDB")
    .option("--db <name>", "name of the database")
    .option("--tz <zone>", "time zone of jobs that name none")
    .addOption(
      new Option("--output <format>", "how data is printed").choices(["table", "json", "csv"]).default("table"),
    )
    .option("-y, --yes", "ask nothing, take what is offered")
    .option("--no-color", "print without colours");
  const shell = createShell(deps, onEnd);
  program.commandsGroup("Machine:");
  addSetupCommands(program, shell, deps);
  program.commandsGroup("Jobs:");
  addJobCommands(program, shell);
  addRunCommands(program, shell);
  program.commandsGroup("Fleet:");
  addFleetCommands(program, shell);
  return program;
}
