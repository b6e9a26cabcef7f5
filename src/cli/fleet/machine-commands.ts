import { type Command, Option } from "commander";
import { HOUR_MS } from "../../model/time.ts";
import { duration, type Shell } from "../shell.ts";
import type { DrainOptions } from "./machine-drain.ts";

const NAME = "machine id, hostname or serial";

/** `fleetcron machine …` */
export function addMachineCommands(program: Command, shell: Shell): void {
  const machine = program.command("machine").description("look at machines, take them out of service");

  machine
    .command("list")
    .description("who is in the fleet, who leads")
    .action((_options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./machine-list.ts")).machineList(call)),
    );

  machine
    .command("show")
    .description("one machine: its state, labels, and the names of its secrets")
    .argument("<name>", NAME)
    .action((name: string, _options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./machine-show.ts")).machineShow(call, name)),
    );

  machine
    .command("drain")
    .description("begin no more runs on a machine; those that it has go on to their end")
    .argument("<name>", NAME)
    .option("--wait", "wait until it runs nothing")
    .addOption(new Option("--timeout <time>", "longest wait").argParser(duration).default(HOUR_MS, "1h"))
    .action((name: string, options: DrainOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./machine-drain.ts")).machineDrain(call, name, options)),
    );

  machine
    .command("undrain")
    .description("let a machine take runs again")
    .argument("<name>", NAME)
    .action((name: string, _options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./machine-drain.ts")).machineUndrain(call, name)),
    );

  machine
    .command("forget")
    .description("remove what is kept of a machine that is gone for good")
    .argument("<name>", NAME)
    .action((name: string, _options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./machine-forget.ts")).machineForget(call, name)),
    );
}
