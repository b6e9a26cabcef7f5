import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { CONFIG_FILE_NAME } from "../adapters/files/config-file.ts";
import { fleetHome } from "../adapters/files/fleet-home.ts";
import { nextTurn } from "../adapters/system/next-turn.ts";
import { createSystemClock } from "../adapters/system/system-clock.ts";
import type { CliDeps, Person } from "../cli/deps.ts";
import { configProblems } from "./config-problems.ts";

/**
 * What the command line is handed. Everything heavy (the driver, the HTTP client) is imported when it is called for, so
 * that help and version come at once.
 */
export function createCliDeps(): CliDeps {
  const version = readVersion();
  const { env } = process;
  return {
    version,
    env,
    clock: createSystemClock(),
    nextTurn,
    output: {
      stdout: (text) => void process.stdout.write(text),
      stderr: (text) => void process.stderr.write(text),
      isTty: process.stdout.isTTY === true,
      get columns() {
        return process.stdout.isTTY ? process.stdout.columns : undefined;
      },
    },
    person: createPerson(),
    localZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    configFile: {
      get path() {
        return homeConfigPath(env);
      },
      async exists() {
        const { configFileExists } = await import("../adapters/files/write-config.ts");
        return configFileExists(homeConfigPath(env));
      },
      check: (text) => configProblems(text),
      async write(text) {
        const { writeConfigFile } = await import("../adapters/files/write-config.ts");
        await writeConfigFile(homeConfigPath(env), text);
      },
    },
    async openFleet(flags) {
      const { openFleet } = await import("./open-fleet.ts");
      return openFleet(flags, env);
    },
    async loadConfig(flags) {
      const { loadConfig } = await import("./load-config.ts");
      return loadConfig(flags, env);
    },
    async testConnection(uri) {
      const { testConnection } = await import("./test-connection.ts");
      return testConnection(uri);
    },
    async runAgent(flags, options) {
      const { runAgent } = await import("./run-agent.ts");
      return runAgent({ flags, ...options, env, version });
    },
    async runDemo(options) {
      const { runDemoHere } = await import("./run-demo-here.ts");
      return runDemoHere(options.minutes, env);
    },
    async readTextFile(path) {
      const { readTextFile } = await import("../adapters/files/read-text-file.ts");
      return readTextFile(path);
    },
  };
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

function homeConfigPath(env: NodeJS.ProcessEnv): string {
  return join(fleetHome(env), CONFIG_FILE_NAME);
}

function createPerson(): Person {
  return {
    isPresent: process.stdin.isTTY === true,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return (await lines.question(question)).trim();
      } finally {
        lines.close();
      }
    },
  };
}
