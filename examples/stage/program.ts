import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** An agent that was asked to stop lets its steps end within this. */
const STOP_MS_MAX = 20_000;

/** FleetCron as a process of its own, with the config in its home. */
export interface Program {
  /** Resolves once it has written this on stdout or stderr. @throws when it ends without it */
  untilWritten(pattern: RegExp): Promise<RegExpExecArray>;
  /** Once it has ended: its exit code, all that it wrote on stdout, and on stderr. */
  readonly ended: Promise<ProgramEnd>;
  kill(signal: "SIGKILL" | "SIGTERM"): void;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function startProgram(home: string, args: readonly string[]): Program {
  // A group of its own: Ctrl-C at the terminal reaches the example alone, which stops its agents in their order.
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...withoutSettings(process.env), FLEETCRON_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const out = { stdout: "", stderr: "" };
  const written = new EventEmitter();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (piece: string) => {
      out[stream] += piece;
      written.emit("more");
    });
  }
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("error", (err) => resolve({ exitCode: null, stdout: "", stderr: err.message }));
    child.once("close", (exitCode) => resolve({ exitCode, ...out }));
  });
  return {
    untilWritten(pattern) {
      const end = ended.then(({ stderr }) => {
        throw new Error(`fleetcron ${args.join(" ")} ended too early:\n${stderr}`);
      });
      const found = new Promise<RegExpExecArray>((resolve) => {
        const look = (): void => {
          const match = pattern.exec(out.stdout) ?? pattern.exec(out.stderr);
          if (match !== null) resolve(match);
        };
        written.on("more", look);
        look();
      });
      return Promise.race([found, end]);
    },
    ended,
    kill: (signal) => void child.kill(signal),
  };
}

/** Asks it to stop, and ends it when it does not. */
export async function stopProgram(program: Program): Promise<ProgramEnd> {
  program.kill("SIGTERM");
  const late = setTimeout(() => program.kill("SIGKILL"), STOP_MS_MAX);
  const end = await program.ended;
  clearTimeout(late);
  return end;
}

/** Neither the settings of whoever runs the example, nor a proxy, which could not reach this machine. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ["FLEETCRON_MONGOD"];
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => kept.includes(name) || !/^FLEETCRON_|^(https?|all|no)_proxy$/i.test(name)),
  );
}
