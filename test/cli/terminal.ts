import { nextTurn } from "../../src/adapters/system/next-turn.ts";
import type { CliDeps, GlobalFlags, LoadedConfig } from "../../src/cli/deps.ts";
import { runCli } from "../../src/cli/run-cli.ts";
import { EXIT, type ExitCode, ExitError } from "../../src/model/errors.ts";
import type { EpochMs, MonotonicMs } from "../../src/model/time.ts";
import { createFakeFleet, type FakeFleet, NOW } from "./fake-fleet.ts";

interface Result {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** A terminal at which the program is called, with a fleet, files and a person as a test wants them. */
export interface Terminal {
  readonly fleet: FakeFleet;
  readonly files: Map<string, string>;
  /** The config file of `init`; `undefined` while there is none. */
  configText: string | undefined;
  /** Answers of the person; none: nobody is there. */
  answers: string[] | undefined;
  readonly asked: string[];
  env: Record<string, string | undefined>;
  isTty: boolean;
  /** Its width; `undefined`: stdout is a pipe. */
  columns: number | undefined;
  /** What `loadConfig` and `openFleet` do. */
  openFleet: (flags: GlobalFlags) => Promise<FakeFleet>;
  loadConfig: (flags: GlobalFlags) => Promise<LoadedConfig>;
  testConnection: (uri: string) => Promise<void>;
  readonly agentCalls: unknown[];
  /** Called whenever the program waits; time passes by itself. */
  onSleep: () => void;
  readonly run: (...argv: string[]) => Promise<Result>;
}

export function createTerminal(): Terminal {
  let passedMs = 0;
  const terminal: Terminal = {
    fleet: createFakeFleet(),
    files: new Map(),
    configText: undefined,
    answers: undefined,
    asked: [],
    env: {},
    isTty: false,
    columns: undefined,
    openFleet: async () => terminal.fleet,
    loadConfig: async () => {
      throw new ExitError(EXIT.usage, "there is no config");
    },
    testConnection: async () => {},
    agentCalls: [],
    onSleep: () => {},
    async run(...argv) {
      let stdout = "";
      let stderr = "";
      const deps: CliDeps = {
        version: "0.1.0",
        output: {
          stdout: (text) => void (stdout += text),
          stderr: (text) => void (stderr += text),
          isTty: terminal.isTty,
          columns: terminal.columns,
        },
        env: terminal.env,
        clock: {
          wallNow: () => (NOW + passedMs) as EpochMs,
          monotonicNow: () => passedMs as MonotonicMs,
          sleep: async (durationMs) => {
            passedMs += durationMs;
            terminal.onSleep();
          },
        },
        nextTurn,
        person: {
          isPresent: terminal.answers !== undefined,
          ask: async (question) => {
            terminal.asked.push(question);
            return terminal.answers?.shift() ?? "";
          },
        },
        localZone: "Europe/Berlin",
        configFile: {
          path: "fleetcron.config.json",
          exists: async () => terminal.configText !== undefined,
          check: (text) =>
            text.includes("Mars") ? [{ path: "/tz", message: "Mars/Phobos is no time zone", severity: "error" }] : [],
          write: async (text) => void (terminal.configText = text),
        },
        openFleet: (flags) => terminal.openFleet(flags),
        loadConfig: (flags) => terminal.loadConfig(flags),
        testConnection: (uri) => terminal.testConnection(uri),
        runAgent: async (flags, options) => {
          terminal.agentCalls.push({ flags, options });
          return EXIT.noSerial;
        },
        runDemo: async (options) => {
          terminal.agentCalls.push(options);
          return EXIT.ok;
        },
        readTextFile: async (path) => {
          const text = terminal.files.get(path);
          if (text === undefined) throw new Error("there is no such file");
          return text;
        },
      };
      const exitCode = await runCli(deps, argv);
      return { exitCode, stdout, stderr };
    },
  };
  return terminal;
}
