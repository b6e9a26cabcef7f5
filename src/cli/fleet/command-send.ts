import { type CommandTarget, type CommandType, targetValue } from "../../model/command.ts";
import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import type { JsonValue } from "../../model/json.ts";
import type { EpochMs } from "../../model/time.ts";
import { type CommandAck, type CommandDraft, FLEET_VERDICT } from "../../ports/command-sender.ts";
import { awaitAnswers, type Expected, expectedAnswers } from "../../query/command-answers.ts";
import { machineNames } from "../../query/machine-names.ts";
import { type MachineRow, readMachineTable } from "../../query/machine-rows.ts";
import { parseCommand } from "../../schema/command.ts";
import { parseJsonc } from "../../schema/jsonc.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { targetWords } from "../pick-target.ts";
import type { ListView } from "../print/printer.ts";
import { visible } from "../print/visible.ts";
import { ProblemsError } from "../problems.ts";
import { askedTarget, type TargetOptions } from "./ask-agents.ts";

/** Without a target: as the type has it. */
export interface CommandSendOptions extends TargetOptions {
  readonly wait?: true;
  readonly timeout: number;
  readonly expiresIn?: number;
}

/**
 * Whom a command is for when nobody is named. What takes machines out of service needs a name: a fleet is not stopped by
 * leaving something out.
 */
const DEFAULT_TARGET: Readonly<Record<CommandType, "all" | "leader" | undefined>> = {
  reload_jobs: "all",
  reload_config: "all",
  refresh: "all",
  ping: "all",
  run_job: "leader",
  cancel_run: "leader",
  pause_job: "leader",
  resume_job: "leader",
  backfill: "leader",
  drain: undefined,
  undrain: undefined,
  log_level: "all",
  stop: undefined,
};

/** `command send`: inserts a command; with `--wait` shows who answered what. */
export async function commandSend(
  call: Invocation,
  type: CommandType,
  pairs: readonly string[],
  options: CommandSendOptions,
): Promise<ExitCode> {
  const otherwise = DEFAULT_TARGET[type];
  const to = options.to ?? options.labels ?? otherwise;
  if (to === undefined)
    throw new ExitError(EXIT.usage, `say with --to whom "${type}" is for: all, leader, a machine or a serial`);
  const args = readPairs(pairs);
  refuseWrong(type, args);
  await makeSure(call, type, to);
  return withFleet(call, async (fleet) => {
    const [{ rows, now }, createdAt] = [await readMachineTable(fleet), call.deps.clock.wallNow()];
    const target = askedTarget(options, to, rows);
    const expiresAt = options.expiresIn === undefined ? undefined : ((now + options.expiresIn) as EpochMs);
    const command = await fleet.commands.send({ type, target, args, createdAt, expiresAt });
    const words = `Sent ${type} to ${visible(targetWords(target))}`;
    if (options.wait) {
      call.print.words(`${words}, waiting for answers`);
      return showAnswers(call, fleet, { command, target, rows, timeoutMs: options.timeout });
    }
    call.print.thing({ command, type, target: targetValue(target) }, () => `${words}  (${visible(command)})`);
    return EXIT.ok;
  });
}

function readPairs(pairs: readonly string[]): CommandDraft["args"] {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at > 0) return [pair.slice(0, at), argumentOf(pair.slice(0, at), pair.slice(at + 1))];
      throw new ExitError(
        EXIT.usage,
        `"${visible(pair)}" is no argument of a command`,
        "Write it as key=value, e.g. job=refresh-prices",
      );
    }),
  );
}

/** Texts, but for the arguments that are a number, a list or an object. */
function argumentOf(name: string, text: string): JsonValue {
  if (name === "vars") return valueOf(text);
  if (name === "times") return text.split(",").map((it) => it.trim());
  return name === "for_sec" && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** What is no JSON stays a text, and agents would say what they want instead. */
function valueOf(text: string): JsonValue {
  const parsed = parseJsonc(text, { isStored: true });
  return parsed.ok ? (parsed.value as JsonValue) : text;
}

/** The same judge as the agents': what they would reject is not sent. */
function refuseWrong(type: CommandType, args: CommandDraft["args"]): void {
  const parsed = parseCommand({ type, target: "all", args }, "");
  if (!parsed.ok) throw new ProblemsError(EXIT.usage, `agents would reject this ${type}:`, parsed.problems);
}

async function makeSure(call: Invocation, type: CommandType, to: string): Promise<void> {
  if (type !== "stop" || call.isSure) return;
  const { person } = call.deps;
  if (!person.isPresent) throw new ExitError(EXIT.usage, "stop ends agents: say --yes to mean it");
  const answer = await person.ask(`Stop ${visible(to)}? Agents do not start again by this. [y/N] `);
  if (!/^y(es)?$/i.test(answer)) throw new ExitError(EXIT.failed, "nothing was sent");
}

interface Waiting {
  readonly command: string;
  readonly target: CommandTarget;
  readonly rows: readonly MachineRow[];
  readonly timeoutMs: number;
}

interface AnswerRow {
  readonly who: string;
  readonly machineId: string | undefined;
  readonly status: CommandAck["status"] | "no_answer";
  readonly result: string;
}

async function showAnswers(call: Invocation, fleet: Fleet, waiting: Waiting): Promise<ExitCode> {
  const { command, target, rows, timeoutMs } = waiting;
  const expected = expectedAnswers(target, rows);
  if (expected.length === 0) {
    throw new ExitError(
      EXIT.timedOut,
      "no machine lives that could answer",
      "The command waits for those that join again.",
    );
  }
  const { answers, missing } = await awaitAnswers(
    { commands: fleet.commands, clock: call.deps.clock },
    command,
    expected,
    timeoutMs,
    () => {},
  );
  const names = machineNames(rows);
  const shown = [...answers.map((it) => answerRow(it, expected, names)), ...missing.map(missingRow)];
  call.print.list(shown, answerView(call));
  if (missing.length > 0) {
    const count = `${missing.length} of ${expected.length}`;
    throw new ExitError(EXIT.timedOut, `${count} did not answer within ${exactLength(timeoutMs)}`);
  }
  return answers.every((it) => it.status === "ok") ? EXIT.ok : EXIT.failed;
}

function answerRow(ack: CommandAck, expected: readonly Expected[], names: ReadonlyMap<string, string>): AnswerRow {
  const label = ack.key === FLEET_VERDICT ? "the fleet" : (expected.find((it) => it.key === ack.key)?.label ?? ack.key);
  const name = ack.machineId === undefined ? undefined : names.get(ack.machineId);
  // A name may say the serial already.
  const isSaid = name === undefined || name === label || name.includes(`(${label})`);
  const who = isSaid ? (name ?? label) : `${label} (${name})`;
  return { who, machineId: ack.machineId, status: ack.status, result: ack.result };
}

function missingRow({ label }: Expected): AnswerRow {
  return { who: label, machineId: undefined, status: "no_answer", result: "" };
}

function answerView({ print }: Invocation): ListView<AnswerRow> {
  return {
    fields: {
      who: (row) => row.who,
      machine_id: (row) => row.machineId ?? null,
      status: (row) => row.status,
      result: (row) => row.result,
    },
    columns: [
      { title: "WHO", cell: (row) => visible(row.who) },
      {
        title: "STATUS",
        cell: (row) => print.paint(row.status === "ok" ? "good" : "bad", row.status.replace("_", " ")),
      },
      { title: "RESULT", cell: (row) => visible(row.result) },
    ],
    empty: "",
  };
}
