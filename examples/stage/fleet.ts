import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Agents, type Secrets, writeConfig } from "./agents.ts";
import type { CommandLine } from "./command-line.ts";
import type { JobDocument } from "./job-files.ts";
import { hasEnded, type RunView } from "./run-view.ts";

const JOIN_MS_MAX = 60_000;
const LOOK_EVERY_MS = 500;
/** Nothing of a run that goes on for long is missed by looking less often. */
const LOOK_FOR_END_EVERY_MS = 2_000;
/** As the command line takes it. */
const LONGEST_RUN = "24h";

/** A fleet as whoever uses it sees it: over its command line. */
export interface Fleet {
  /** Puts jobs into the database, as `fleetcron job apply` does. @throws when one of them has a problem */
  apply(jobs: readonly JobDocument[]): Promise<void>;
  /** Has the leader run a job once and waits for its end, however it ends. */
  run(job: string): Promise<RunView>;
  /** The same for a job that runs on every machine. */
  runOnAll(job: string): Promise<void>;
  /** Has the agent with this serial begin a job; the id of the run. */
  begin(job: string, serial: number): Promise<string>;
  /** The run once it is as meant. @throws when it ends without */
  untilRun(id: string, isMeant: (run: RunView) => boolean): Promise<RunView>;
  /** The run once it has ended. */
  untilEnded(id: string): Promise<RunView>;
  /** Kills the agent with this serial, which gets no chance to say so; not the first. */
  kill(serial: number): Promise<void>;
}

/** What a fleet is made of; each can be stopped at any time. */
export interface FleetParts {
  /** For whatever else it needs. */
  readonly folder: string;
  readonly agents: Agents;
  readonly commandLine: CommandLine;
}

export interface FleetOptions {
  readonly agents: number;
  /** What the agent with this serial knows. */
  readonly secrets: (serial: number) => Secrets;
}

/** Makes a fleet of the agents and waits until commands reach all of them. */
export async function startFleet(parts: FleetParts, { agents: count, secrets }: FleetOptions): Promise<Fleet> {
  const { agents, commandLine } = parts;
  await writeConfig(commandLine.home, { mongodb_uri: await agents.start(count, secrets) });
  await untilKnown(commandLine, count);
  return fleetOver(parts);
}

function fleetOver({ folder, agents, commandLine }: FleetParts): Fleet {
  const { ask } = commandLine;
  let files = 0;
  return {
    async apply(jobs) {
      const file = join(folder, `jobs-${++files}.json`);
      await writeFile(file, JSON.stringify(jobs, null, 2));
      await ask("job", "apply", file);
    },
    run: (job) => ask<RunView>("job", "run", job, "--wait", "--timeout", LONGEST_RUN),
    async runOnAll(job) {
      await ask("job", "run", job, "--to", "all", "--wait");
    },
    begin: async (job, serial) => (await ask<{ run: string }>("job", "run", job, "--to", String(serial))).run,
    async untilRun(id, isMeant) {
      for (;;) {
        const run = await look(commandLine, id);
        if (run !== undefined && isMeant(run)) return run;
        if (run !== undefined && hasEnded(run)) throw new Error(`run ${id} ended as ${run.status}, too early`);
        await pause(LOOK_EVERY_MS);
      }
    },
    async untilEnded(id) {
      for (;;) {
        const run = await look(commandLine, id);
        if (run !== undefined && hasEnded(run)) return run;
        await pause(LOOK_FOR_END_EVERY_MS);
      }
    },
    kill: (serial) => agents.kill(serial),
  };
}

/** `undefined` before its agent has seen the command. */
async function look({ run }: CommandLine, id: string): Promise<RunView | undefined> {
  const { exitCode, stdout } = await run("run", "show", id);
  return exitCode === 0 ? (JSON.parse(stdout) as RunView) : undefined;
}

interface Status {
  readonly leader: { readonly alive: boolean };
  readonly machines: { readonly active: number };
}

async function untilKnown({ ask }: CommandLine, count: number): Promise<void> {
  const end = performance.now() + JOIN_MS_MAX;
  for (;;) {
    const { leader, machines } = await ask<Status>("status");
    if (leader.alive && machines.active === count) return;
    if (performance.now() > end) throw new Error(`the agents did not form a fleet within ${JOIN_MS_MAX / 1_000} s`);
    await pause(LOOK_EVERY_MS);
  }
}
