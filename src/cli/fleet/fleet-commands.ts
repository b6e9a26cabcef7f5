import { Argument, type Command, Option } from "commander";
import { COMMAND_TYPES, type CommandType } from "../../model/command.ts";
import { SECOND_MS } from "../../model/time.ts";
import { duration, type Shell } from "../shell.ts";
import type { CommandSendOptions } from "./command-send.ts";
import { addMachineCommands } from "./machine-commands.ts";

const ANSWER_TIMEOUT_MS = 30 * SECOND_MS;

/** `fleetcron status`, `machine …` and `command …`, and the short forms of the original. */
export function addFleetCommands(program: Command, shell: Shell): void {
  program
    .command("status")
    .description("the fleet at a glance: leader, machines, jobs, failures, what comes next")
    .action((_options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./status.ts")).showStatus(call)),
    );

  addMachineCommands(program, shell);

  addWaiting(
    program
      .command("command")
      .description("steer agents")
      .command("send")
      .description("tell agents to do something")
      .addArgument(new Argument("<type>", "what to do").choices(COMMAND_TYPES))
      .argument("[args...]", "key=value, e.g. job=refresh-prices, level=debug for_sec=600")
      .option("--to <target>", "all, leader, a machine id, a hostname or a serial")
      .option("--labels <labels>", "machines with these labels, e.g. site=seoul,role=db")
      .addOption(new Option("--expires-in <time>", "nobody acts on it later than this").argParser(duration)),
  ).action((type: CommandType, pairs: readonly string[], options: CommandSendOptions, command: Command) =>
    shell.run(command, async (call) => (await import("./command-send.ts")).commandSend(call, type, pairs, options)),
  );

  addShortForm(program, shell, {
    name: "reload",
    alias: "refresh",
    type: "reload_jobs",
    what: "read their jobs again",
  });
  addShortForm(program, shell, {
    name: "reload-config",
    alias: "rc",
    type: "reload_config",
    what: "read their config again",
  });
}

interface ShortForm {
  readonly name: string;
  readonly alias: string;
  readonly type: CommandType;
  readonly what: string;
}

/** As the original has them: both names of a pair do the same. */
function addShortForm(program: Command, shell: Shell, { name, alias, type, what }: ShortForm): void {
  addWaiting(
    program
      .command(name)
      .alias(alias)
      .description(`have agents ${what}`)
      .argument("[machine]", "a machine id, a hostname or a serial; without it all machines")
      .option("--labels <labels>", "machines with these labels, e.g. site=seoul,role=db"),
  ).action((machine: string | undefined, options: CommandSendOptions, command: Command) =>
    shell.run(command, async (call) => {
      const { commandSend } = await import("./command-send.ts");
      return commandSend(call, type, [], {
        ...options,
        ...(machine === undefined ? {} : { to: machine }),
      });
    }),
  );
}

function addWaiting(command: Command): Command {
  return command
    .option("--wait", "wait for the answers and show them")
    .addOption(new Option("--timeout <time>", "longest wait").argParser(duration).default(ANSWER_TIMEOUT_MS, "30s"));
}
