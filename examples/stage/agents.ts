import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Program, startProgram, stopProgram } from "./program.ts";

/** A short lease, so that a death is noticed in seconds. */
const LEASE = { heartbeat_sec: 1, ttl_sec: 4, guard_sec: 1 };
/** What an agent says when it has begun to look after a MongoDB, and when it has its serial. */
const MONGODB_URI = /^mongodb:\S+$/m;
const JOINED = /"event":"machine_joined"/;

export type Secrets = Readonly<Record<string, string>>;

/** Agents on this machine, each with a home of its own; the first looks after a MongoDB for all of them. */
export interface Agents {
  /** Starts them one after the other, so that the nth has the serial n; the URI of their MongoDB. */
  start(count: number, secrets: (nth: number) => Secrets): Promise<string>;
  /** Ends one without a word; not the first, whose MongoDB would stay behind. */
  kill(nth: number): Promise<void>;
  /** Stops all there are and lets none start any more. */
  stop(): Promise<void>;
}

export function createAgents(folder: string): Agents {
  const programs = new Map<number, Program>();
  let isStopping = false;

  async function startOne(nth: number, uri: string, secrets: Secrets): Promise<Program> {
    const home = join(folder, `agent-${nth}`);
    await writeConfig(home, { ...agentConfig(uri, nth), secrets });
    if (isStopping) throw new Error("the agents are being stopped");
    const program = startProgram(home, uri === "embedded" ? ["agent", "--embedded"] : ["agent"]);
    programs.set(nth, program);
    return program;
  }

  return {
    async start(count, secrets) {
      const first = await startOne(1, "embedded", secrets(1));
      const [uri] = await first.untilWritten(MONGODB_URI);
      await first.untilWritten(JOINED);
      for (let nth = 2; nth <= count; nth++) {
        const next = await startOne(nth, uri, secrets(nth));
        await next.untilWritten(JOINED);
      }
      return uri;
    },
    async kill(nth) {
      const program = programs.get(nth);
      if (nth === 1 || program === undefined) throw new Error(`there is no agent ${nth} that can be killed`);
      programs.delete(nth);
      program.kill("SIGKILL");
      await program.ended;
    },
    async stop() {
      isStopping = true;
      const first = programs.get(1);
      programs.delete(1);
      // The others give back their serials while there is a MongoDB.
      await Promise.all([...programs.values()].map(stopProgram));
      if (first !== undefined) await stopProgram(first);
    },
  };
}

/** A config file where FleetCron finds it: in the home. */
export async function writeConfig(home: string, config: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "fleetcron.config.json"), JSON.stringify(config, null, 2), { mode: 0o600 });
}

function agentConfig(uri: string, nth: number): Readonly<Record<string, unknown>> {
  return {
    mongodb_uri: uri,
    tz: "UTC",
    lease: LEASE,
    labels: { name: `agent-${nth}` },
    // The stand-ins are on this machine.
    egress: { proxy: "none" },
    commands: { poll_sec: 1 },
    log: { format: "json" },
  };
}
