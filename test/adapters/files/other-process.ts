import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface OtherProcess {
  readonly pid: number;
  /** The next line that it prints; rejects with its stderr when it ends without one. */
  nextLine(): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/**
 * A real process that loads a module of ours and prints what `body` hands to `say`.
 * @param module path from the root of the project
 * @param body statements of JavaScript; `module` is the loaded module
 * @param as "ordinary user": without the rights of root, which no mode of a file stops
 */
export function startProcess(module: string, body: string, as?: "ordinary user"): OtherProcess {
  const script = `
    import { runnerImport } from "vite";
    const say = (text) => console.log(text);
    const { module } = await runnerImport(${JSON.stringify(ROOT + module)}, { configFile: false, logLevel: "error" });
    ${as === undefined ? "" : "if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }"}
    ${body}
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("no process was started");
  return { pid, nextLine: lineReader(child), signal: (name) => child.kill(name), ended: end(child) };
}

function lineReader(child: ChildProcess): () => Promise<string> {
  if (child.stdout === null || child.stderr === null) throw new Error("the output is not piped");
  let errors = "";
  child.stderr.on("data", (piece: Buffer) => {
    errors += piece.toString();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`the other process ended without a word: ${errors}`);
    return line.value;
  };
}

async function end(child: ChildProcess): Promise<void> {
  await once(child, "exit");
}
