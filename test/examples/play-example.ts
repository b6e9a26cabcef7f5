import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const RUNNER = fileURLToPath(new URL("../../dist-examples/run.js", import.meta.url));

/** Longest time for an example; on a machine that has nothing else to do they take less than half a minute. */
export const PLAY_MS_MAX = 180_000;

/** An example as it was played: what it said, and what it reported. */
export interface Played {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  /** The report. */
  readonly stdout: string;
  /** What happened on the way. */
  readonly stderr: string;
}

/** Plays an example to its end, as `npm run example -- ARGS` does once all is built. */
export async function playExample(...args: readonly string[]): Promise<Played> {
  return startExample(args).ended;
}

/** @param env beside the environment of the tests */
export function startExample(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Played>; stderr(): string } {
  if (!existsSync(RUNNER))
    throw new Error("the examples are not built; `npm test` does it, or `npm run build:examples`");
  const child = spawn(process.execPath, [RUNNER, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (out.stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (out.stderr += piece));
  const ended = new Promise<Played>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, ...out }));
  });
  return { child, ended, stderr: () => out.stderr };
}

/** The rows of a report's table, each as its cells; cells stand at least two blanks apart. */
export function rowsOf({ stdout }: Played): readonly (readonly string[])[] {
  const [, table = ""] = stdout.split("\n\n");
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.split(/ {2,}/));
}

/** What did not hold; an example that checks nothing counts as one that failed. */
export function violationsOf({ stdout, stderr }: Played): readonly string[] {
  const lines = stdout.split("\n");
  if (!lines.some((it) => it.startsWith("held "))) return [`nothing was held: ${stderr}`];
  return lines.filter((it) => it.startsWith("VIOLATED"));
}

/** What became of each machine of lab-monitor's report: result, jobs and cancels. */
export function labEnds(played: Played): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rowsOf(played).map(([, machine = "", result, jobs, , cancels]) => [machine, `${result} ${jobs} ${cancels}`]),
  );
}

/** What becomes of the machines of lab-monitor's stand-ins while no agent dies. */
export const LAB_ENDS = {
  aspen: "ok 1 0",
  birch: "ok 0 0",
  cedar: "error 1 1",
  dogwood: "error 1 0",
  elm: "ok 1 0",
  juniper: "ok 1 0",
  "-": "no list 0 0",
  fir: "ok 1 0",
  ginkgo: "error 0 0",
  hazel: "error 1 0",
  ivy: "ok 0 0",
} as const;
