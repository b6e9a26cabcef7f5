import { type Command, InvalidArgumentError, Option } from "commander";
import type { RunStatus } from "../../model/run.ts";
import { countUpTo, type Shell } from "../shell.ts";
import type { RunListOptions } from "./run-list.ts";
import type { RunShowOptions } from "./run-show.ts";

const LIMIT_MAX = 1_000;
const STATUSES: readonly RunStatus[] = [
  "waiting",
  "running",
  "ok",
  "error",
  "cancelled",
  "unknown",
  "interrupted",
  "missed",
  "skipped",
];

/** `fleetcron run …` */
export function addRunCommands(program: Command, shell: Shell): void {
  const run = program.command("run").description("look at runs and cancel them");

  run
    .command("list")
    .description("what ran, was missed or skipped, latest first")
    .option("--job <name>", "of one job: its name or id")
    .addOption(
      new Option("--status <status>", `only these, separated by commas: ${STATUSES.join(", ")}`)
        .argParser(readStatuses)
        .default([], "any"),
    )
    .option("--since <time>", "only what was scheduled since: 15m, 2h, 3d, or an ISO time")
    .addOption(new Option("--limit <n>", "at most this many").argParser(countUpTo(LIMIT_MAX)).default(20))
    .action((options: RunListOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./run-list.ts")).runList(call, options)),
    );

  run
    .command("show")
    .description("one run: its steps, attempts and answers, and who ran it")
    .argument("<id>", "id of the run, in quotes")
    .option("--all", "every item of a for_each, also those that went well")
    .action((id: string, options: RunShowOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./run-show.ts")).runShow(call, id, options)),
    );

  run
    .command("why")
    .description("why a job ran, ran late or did not run at a time: one answer out of what is stored")
    .argument("<job>", "name or id of the job; or the id of a run, in quotes, and no time")
    .argument("[time...]", "12:05, yesterday 12:05, 2026-11-21T12:05 in the zone of the job, or with an offset")
    .action((job: string, time: readonly string[], _options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./run-why.ts")).runWhy(call, job, time.join(" "))),
    );

  run
    .command("cancel")
    .description("ask the fleet to end a run")
    .argument("<id>", "id of the run, in quotes")
    .action((id: string, _options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./run-cancel.ts")).runCancel(call, id)),
    );
}

function readStatuses(text: string, earlier: readonly RunStatus[]): readonly RunStatus[] {
  return text.split(",").reduce((read, part) => {
    const status = STATUSES.find((it) => it === part.trim());
    if (status === undefined) throw new InvalidArgumentError(`Allowed choices are ${STATUSES.join(", ")}.`);
    return [...read, status];
  }, earlier);
}
