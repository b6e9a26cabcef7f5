import { type Command, Option } from "commander";
import type { CliDeps } from "../deps.ts";
import { countUpTo, type Shell } from "../shell.ts";
import type { InitOptions } from "./init.ts";

const DEMO_MINUTES_MAX = 1_440;

interface AgentFlags {
  readonly embedded?: true;
  readonly wait: boolean;
  readonly strict?: true;
}

/** `fleetcron agent`, `init`, `config …` and `demo`. */
export function addSetupCommands(program: Command, shell: Shell, deps: CliDeps): void {
  program
    .command("agent")
    .description("run the agent of this machine until it is stopped")
    .option("--embedded", "with a database of its own on this machine")
    .option("--no-wait", "end with exit code 7 when no serial is free")
    .option("--strict", "end with exit code 2 when there is any warning about the config")
    .action((options: AgentFlags, command: Command) =>
      shell.run(command, (call) =>
        deps.runAgent(call.flags, {
          embedded: options.embedded ?? false,
          waitForSerial: options.wait,
          strict: options.strict ?? false,
        }),
      ),
    );

  program
    .command("init")
    .description("write the config file of this machine; every answer is also a flag: --uri, --db, --tz")
    .option("--force", "overwrite a config file that is there")
    .option("--no-test", "do not try the connection")
    .action((options: InitOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./init.ts")).init(call, options)),
    );

  program
    .command("config")
    .description("look at the config of this machine")
    .command("show")
    .description("what holds; secrets are never shown")
    .option("--origin", "where each setting comes from")
    .action((options: { readonly origin?: true }, command: Command) =>
      shell.run(command, async (call) => (await import("./config-show.ts")).configShow(call, options)),
    );

  program
    .command("demo")
    .description("see a fleet at work on this machine alone")
    .addOption(new Option("--minutes <n>", "how long").argParser(countUpTo(DEMO_MINUTES_MAX)).default(2))
    .action((options: { readonly minutes: number }, command: Command) =>
      shell.run(command, () => deps.runDemo({ minutes: options.minutes })),
    );
}
