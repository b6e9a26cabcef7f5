import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

export interface AgentProcessOptions {
  /** The program, as Node is to run it. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where its words go. */
  readonly logFile: string;
}

/** An agent in a process of its own. */
export interface AgentProcess {
  kill(signal: "SIGKILL" | "SIGTERM"): void;
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

export function startAgentProcess({ program, args, env, logFile }: AgentProcessOptions): AgentProcess {
  // A group of its own: Ctrl-C at the terminal reaches the demo alone, which stops its agents itself.
  const child = spawn(process.execPath, [program, ...args], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  void mkdir(dirname(logFile), { recursive: true }).then(() =>
    child.stderr.pipe(createWriteStream(logFile, { flags: "a" })),
  );
  return {
    kill: (signal) => void child.kill(signal),
    exited: new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? code ?? 0));
      child.once("error", (err) => resolve(err.message));
    }),
  };
}
