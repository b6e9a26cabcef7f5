import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgents } from "./agents.ts";
import { createCommandLine } from "./command-line.ts";
import { type Fleet, type FleetOptions, startFleet } from "./fleet.ts";
import { openStandIn, type Respond, type StandIn } from "./stand-in.ts";

/** What an example plays on. All that it opens is gone when the stage is cleared. */
export interface Stage {
  /** A line for the person who watches. */
  say(line: string): void;
  openStandIn(respond: Respond): Promise<StandIn>;
  startFleet(options: FleetOptions): Promise<Fleet>;
  clear(): Promise<void>;
}

export function createStage(say: (line: string) => void): Stage {
  const closers: (() => Promise<void>)[] = [];
  return {
    say,
    async openStandIn(respond) {
      const standIn = await openStandIn(respond);
      closers.push(standIn.close);
      return standIn;
    },
    async startFleet(options) {
      const folder = await mkdtemp(join(tmpdir(), "fleetcron-example-"));
      closers.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
      say(`Starting ${options.agents === 1 ? "an agent" : `${options.agents} agents`} with a MongoDB on this machine.`);
      const agents = createAgents(folder);
      // Known before they start: an interruption may come at any time.
      closers.push(() => agents.stop());
      const commandLine = createCommandLine(join(folder, "command-line"));
      closers.push(() => commandLine.stop());
      return startFleet({ folder, agents, commandLine }, options);
    },
    async clear() {
      for (const close of closers.toReversed()) await close().catch(() => {});
    },
  };
}
