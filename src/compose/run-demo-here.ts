import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startAgentProcess } from "../adapters/node/agent-process.ts";
import { startLocalTarget } from "../adapters/node/local-target.ts";
import { createLog } from "../adapters/pino/log.ts";
import { createSystemClock } from "../adapters/system/system-clock.ts";
import type { DemoParts } from "../demo/demo-parts.ts";
import { runDemo } from "../demo/run-demo.ts";
import type { ExitCode } from "../model/errors.ts";
import { demoEnvironment } from "./demo-environment.ts";
import { startDatabase } from "./embedded-database.ts";
import type { Environment } from "./load-config.ts";
import { loadDefaults } from "./load-config.ts";
import { openFleetAt } from "./open-fleet.ts";

/** The demo with real parts: a mongod, agents as processes, an HTTP server, all on this machine and all thrown away. */
export async function runDemoHere(minutes: number, env: Environment): Promise<ExitCode> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    return await runDemo(realParts(env), minutes, interrupted.signal);
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function realParts(env: Environment): DemoParts {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const { log } = createLog({
    level: "error",
    format: "auto",
    isTerminal: process.stderr.isTTY === true,
    base: {},
    redact: (text) => text,
    write: (line) => void process.stderr.write(line),
  });
  return {
    clock: createSystemClock(),
    say,
    async makeFolder() {
      const path = await mkdtemp(join(tmpdir(), "fleetcron-demo-"));
      return { path, remove: () => rm(path, { recursive: true, force: true }) };
    },
    async startDatabase(folder) {
      const { mongod, version } = await startDatabase(folder, env, log, say);
      return { uri: mongod.uri, words: `MongoDB ${version} is up`, stop: () => mongod.stop() };
    },
    startTarget: startLocalTarget,
    startAgent: (name, home, uri) =>
      startAgentProcess({
        program: fileURLToPath(new URL("../main.js", import.meta.url)),
        args: ["agent"],
        env: {
          ...demoEnvironment(env),
          FLEETCRON_HOME: home,
          FLEETCRON_MONGODB_URI: uri,
          FLEETCRON_LABELS: `name=${name}`,
          FLEETCRON_TZ: "UTC",
        },
        logFile: join(home, "agent.log"),
      }),
    async openFleet(uri) {
      const fleet = openFleetAt(uri, loadDefaults(uri));
      return { ...fleet, jobs: fleet.jobEditor };
    },
  };
}
