import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** Longest wait for something that an agent says without being asked to wait itself. */
const WORDS_MS_MAX = 20_000;
/** Lines that are shown of an agent that did not do what was expected. */
const LINES_SHOWN = 40;

/** One line of an agent's log. */
interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

export interface ProcessEnd {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real agent: the built program in a process of its own. */
export interface AgentProcess {
  readonly home: string;
  readonly pid: number;
  /** What it has logged so far. */
  readonly lines: readonly LogLine[];
  /** Everything it has written so far, also what is no log line. */
  readonly output: string;
  /** Known from its first log line on. */
  readonly machineId: string;
  /** The first line about this event, also one of the past. @throws with the end of the log when none comes */
  untilLogged(event: string, isMeant?: (line: LogLine) => boolean, deadlineMs?: number): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended and everything that it wrote has been read. */
  readonly ended: Promise<ProcessEnd>;
}

/** Where and under which circumstances an agent is started. */
export interface Surroundings {
  /** Beside the environment of the tests, of which FleetCron's and proxies' variables are left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program that becomes the agent, with its arguments: it must keep the process id. */
  readonly through?: readonly string[];
}

export function startAgentProcess(
  home: string,
  args: readonly string[] = [],
  { env = {}, through = [] }: Surroundings = {},
): AgentProcess {
  const child = spawnProgram(home, ["agent", ...args], env, through);
  const { pid } = child;
  if (pid === undefined) throw new Error("no agent was started");
  const lines: LogLine[] = [];
  const stderr = gather(child.stderr, (line) => {
    const parsed = parseLine(line);
    if (parsed !== undefined) lines.push(parsed);
  });
  const stdout = gather(child.stdout);
  let hasEnded = false;
  const ended = endOf(child).then((exitCode) => {
    hasEnded = true;
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  });

  function lastWords(): string {
    return stderr.text.split("\n").slice(-LINES_SHOWN).join("\n");
  }

  return {
    home,
    pid,
    lines,
    get output() {
      return stdout.text + stderr.text;
    },
    get machineId() {
      const machine = lines[0]?.["machine"];
      if (typeof machine !== "string") throw new Error(`this agent has not said who it is: ${lastWords()}`);
      return machine;
    },
    async untilLogged(event, isMeant = () => true, deadlineMs = WORDS_MS_MAX) {
      try {
        return await eventually(`line about "${event}"`, deadlineMs, () => {
          const found = lines.find((it) => it.event === event && isMeant(it));
          if (found === undefined && hasEnded) throw new Error(`the agent ended before a line about "${event}"`);
          return found;
        });
      } catch (err) {
        throw new Error(`${err instanceof Error ? err.message : String(err)}\nits last lines:\n${lastWords()}`);
      }
    },
    signal: (name) => void child.kill(name),
    ended,
  };
}

/** Runs the program to its end. */
export async function runProgram(
  home: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd> {
  const child = spawnProgram(home, args, env);
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  return { exitCode: await endOf(child), stdout: stdout.text, stderr: stderr.text };
}

function spawnProgram(
  home: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  through: readonly string[] = [],
): ChildProcess {
  if (!existsSync(PROGRAM)) throw new Error("the program is not built; `npm test` builds it, or run `npm run build`");
  const inherited = Object.entries(process.env).filter(([name]) => !/^FLEETCRON_|_proxy$/i.test(name));
  const [program = process.execPath, ...rest] = [...through, process.execPath, PROGRAM, ...args];
  return spawn(program, rest, {
    env: { ...Object.fromEntries(inherited), ...env, FLEETCRON_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function gather(stream: ChildProcess["stdout"], onLine: (line: string) => void = () => {}): { readonly text: string } {
  let text = "";
  let lineFrom = 0;
  stream?.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    for (let end = text.indexOf("\n", lineFrom); end >= 0; end = text.indexOf("\n", lineFrom)) {
      onLine(text.slice(lineFrom, end));
      lineFrom = end + 1;
    }
  });
  return {
    get text() {
      return text;
    },
  };
}

function parseLine(line: string): LogLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("close", (exitCode) => resolve(exitCode));
    child.once("error", reject);
  });
}
