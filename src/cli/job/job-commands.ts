import { type Command, Option } from "commander";
import { BACKFILL_MAX } from "../../model/command.ts";
import { HOUR_MS } from "../../model/time.ts";
import { countUpTo, duration, severally, type Shell } from "../shell.ts";
import type { JobRunOptions } from "./job-run.ts";
import type { BackfillOptions } from "./job-backfill.ts";
import type { PauseOptions } from "./job-pause.ts";
import type { NextOptions } from "./job-next.ts";
import type { TestOptions } from "./job-test.ts";
import type { ValidateOptions } from "./job-validate.ts";

const COUNT_MAX = 1_000;

/** `fleetcron job …` */
export function addJobCommands(program: Command, shell: Shell): void {
  const job = program.command("job").description("look at jobs and change them");
  addDocumentCommands(job, shell);
  addRunCommand(job, shell);
  addSteeringCommands(job, shell);
}

/** What is about the documents of jobs. */
function addDocumentCommands(job: Command, shell: Shell): void {
  job
    .command("list")
    .description("every job: when it runs next, how it went last, what is wrong with it")
    .action((_options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./job-list.ts")).jobList(call)),
    );

  job
    .command("show")
    .description("one job: its actions, what comes next, its last runs")
    .argument("<name>", "name or id of the job")
    .action((name: string, _options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./job-show.ts")).jobShow(call, name)),
    );

  job
    .command("apply")
    .description("make the database say what a file says: one job or a list, as JSON with or without comments")
    .argument("<file>", "the file; - is stdin")
    .action((file: string, _options: unknown, command: Command) =>
      shell.run(command, async (call) => (await import("./job-apply.ts")).jobApply(call, file)),
    );

  job
    .command("validate")
    .description("name what is wrong with jobs; exit code 8 when anything is")
    .argument("[name]", "name or id of the job; without it every job")
    .option("--file <file>", "check a file instead of the database; - is stdin")
    .option("--strict", "count warnings as well")
    .action((name: string | undefined, options: ValidateOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./job-validate.ts")).jobValidate(call, name, options)),
    );

  job
    .command("test")
    .description("play the tests in job documents, without database, network or waiting; exit code 1 when one fails")
    .argument("<file...>", "files as job apply takes them; - is stdin")
    .option("--only <text>", "only tests with this in their name")
    .action((files: readonly string[], options: TestOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./job-test.ts")).jobTest(call, files, options)),
    );

  job
    .command("next")
    .description("when a job is due")
    .argument("[name]", "name or id of the job")
    .option("--file <file>", "look at a file instead of the database; - is stdin")
    .option("--from <time>", "only what comes later than this, e.g. 2026-03-28T00:00:00Z")
    .addOption(new Option("--count <n>", "how many").argParser(countUpTo(COUNT_MAX)).default(5))
    .action((name: string | undefined, options: NextOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./job-next.ts")).jobNext(call, name, options)),
    );
}

function addRunCommand(job: Command, shell: Shell): void {
  job
    .command("run")
    .description("run a job once, outside of its schedule; or show with --dry-run what that would do")
    .argument("[name]", "name or id of the job")
    .option("--to <target>", "who runs it: leader (unless you say otherwise), a machine or a serial")
    .option("--labels <labels>", "machines with these labels, e.g. site=seoul,role=db")
    .addOption(
      new Option("--var <name=value>", "a value for {{vars.name}}, as JSON or else as text; may be there several times")
        .argParser(severally)
        .default([], "none"),
    )
    .option("--wait", "wait for its end; exit code 1 when it fails")
    .option("--follow", "the same, and tell each of its steps as it happens")
    .addOption(new Option("--timeout <time>", "longest wait").argParser(duration).default(HOUR_MS, "1h"))
    .option(
      "--dry-run",
      "only show each request, with secrets masked: nothing is sent or written; exit code 8 when one can't be sent",
    )
    .addOption(
      new Option(
        "--file <file>",
        "of a dry run: take the job from a file, and those that it calls from it or further ones",
      ).argParser((path: string, before: readonly string[] | undefined) => [...(before ?? []), path]),
    )
    .option("--at <time>", "of a dry run: when it is taken to run, e.g. 2026-12-01T09:00 in the zone of the job")
    .action((name: string | undefined, options: JobRunOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./job-run.ts")).jobRunOrLook(call, name, options)),
    );
}

/** What commands to agents change, beside single runs. */
function addSteeringCommands(job: Command, shell: Shell): void {
  job
    .command("pause")
    .description("hold a job: nothing of it is due until a time, or until it is resumed")
    .argument("<name>", "name or id of the job")
    .option("--until <time>", "when it goes on by itself, e.g. 2026-12-01T09:00 in the zone of the job")
    .option("--to <target>", "who does it: leader (unless you say otherwise), a machine or a serial")
    .action((name: string, options: PauseOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./job-pause.ts")).jobPause(call, name, options)),
    );

  job
    .command("resume")
    .description("end a pause; nothing of what lay in it is made up for")
    .argument("<name>", "name or id of the job")
    .option("--to <target>", "who does it: leader (unless you say otherwise), a machine or a serial")
    .action((name: string, options: PauseOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./job-pause.ts")).jobResume(call, name, options)),
    );

  job
    .command("backfill")
    .description("run what a job did not run in a time that is over, one after the other; shows it and asks first")
    .argument("<name>", "name or id of the job")
    .requiredOption("--from <time>", "the first, e.g. 2026-11-20T00:00 in the zone of the job")
    .requiredOption("--to <time>", "the last")
    .addOption(new Option("--max <n>", "refuse more runs than this").argParser(countUpTo(BACKFILL_MAX)).default(100))
    .option("--on <target>", "who runs it: leader or a machine; all for a job that runs on all machines")
    .option("--labels <labels>", "machines with these labels, for a job that runs on all machines")
    .option("--wait", "wait for their ends; exit code 1 when one fails")
    .addOption(new Option("--timeout <time>", "longest wait").argParser(duration).default(HOUR_MS, "1h"))
    .action((name: string, options: BackfillOptions, command: Command) =>
      shell.run(command, async (call) => (await import("./job-backfill.ts")).jobBackfill(call, name, options)),
    );
}
