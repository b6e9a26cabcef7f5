import { type Program, type ProgramEnd, startProgram } from "./program.ts";

/** The command line of FleetCron, with what it says as JSON. */
export interface CommandLine {
  /** Where its config is. */
  readonly home: string;
  run(...args: readonly string[]): Promise<ProgramEnd>;
  /** What it says on stdout, whatever its exit code. @throws when it says nothing */
  ask<T>(...args: readonly string[]): Promise<T>;
  /** Ends what is still asked, and lets nothing be asked any more. */
  stop(): Promise<void>;
}

export function createCommandLine(home: string): CommandLine {
  const asked = new Set<Program>();
  let isStopping = false;

  async function run(...args: readonly string[]): Promise<ProgramEnd> {
    if (isStopping) throw new Error("nothing is asked any more");
    const program = startProgram(home, [...args, "--output", "json"]);
    asked.add(program);
    const end = await program.ended;
    asked.delete(program);
    return end;
  }

  return {
    home,
    run,
    async ask<T>(...args: readonly string[]) {
      const { stdout, stderr } = await run(...args);
      if (stdout === "") throw new Error(`fleetcron ${args.join(" ")} failed:\n${stderr}`);
      return JSON.parse(stdout) as T;
    },
    async stop() {
      isStopping = true;
      for (const program of asked) program.kill("SIGTERM");
      await Promise.all([...asked].map((it) => it.ended));
    },
  };
}
