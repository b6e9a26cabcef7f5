import type { AgentConfig } from "../model/config.ts";
import type { ExitCode } from "../model/errors.ts";
import type { Problem } from "../model/problem.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommandSender } from "../ports/command-sender.ts";
import type { JobEditor } from "../ports/job-editor.ts";
import type { EventReader } from "../ports/event-reader.ts";
import type { JobPast } from "../ports/job-past.ts";
import type { JobSource } from "../ports/job-source.ts";
import type { JobStateReader } from "../ports/job-state-reader.ts";
import type { LeaderStore } from "../ports/leader-store.ts";
import type { MachineStore } from "../ports/machine-store.ts";
import type { NextTurn } from "../ports/next-turn.ts";
import type { PauseStore } from "../ports/pause-store.ts";
import type { RevisionStore } from "../ports/revision-store.ts";
import type { RunHistory } from "../ports/run-history.ts";
import type { SerialStore } from "../ports/serial-store.ts";
import type { ServerTime } from "../ports/server-time.ts";
import type { SettingsStore } from "../ports/settings-store.ts";

/** The flags that every command takes. */
export interface GlobalFlags {
  readonly config: string | undefined;
  readonly uri: string | undefined;
  readonly db: string | undefined;
  readonly tz: string | undefined;
  /** Of `agent` alone: a local mongod. */
  readonly embedded: boolean;
}

/** Where text goes. Data on stdout, words for people on stderr. */
interface Output {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Whether stdout is a terminal. */
  readonly isTty: boolean;
  /** How wide that terminal is; `undefined` when it is none. */
  readonly columns: number | undefined;
}

/** The person at the terminal, if there is one. */
export interface Person {
  /** False when stdin is no terminal: then nothing is asked. */
  readonly isPresent: boolean;
  /** The answer as typed, trimmed; empty takes what the question offers. */
  ask(question: string): Promise<string>;
}

/** A database of a fleet, opened for people: reads, and the few writes that people make. */
export interface FleetAccess {
  readonly config: AgentConfig;
  readonly jobs: JobSource;
  readonly jobEditor: JobEditor;
  readonly jobStates: JobStateReader;
  readonly runs: RunHistory;
  readonly jobPast: JobPast;
  readonly pauses: Pick<PauseStore, "read">;
  readonly revisions: Pick<RevisionStore, "read">;
  readonly events: EventReader;
  readonly machines: Pick<MachineStore, "readAll" | "forget">;
  readonly serials: Pick<SerialStore, "readHeld">;
  readonly leader: Pick<LeaderStore, "read">;
  readonly settings: Pick<SettingsStore, "read">;
  readonly commands: CommandSender;
  readonly serverTime: ServerTime;
  close(): Promise<void>;
}

type ConfigOrigin = "flag" | "environment" | "file" | "default";

export interface LoadedConfig {
  readonly config: AgentConfig;
  /** By JSON Pointer. */
  readonly origins: ReadonlyMap<string, ConfigOrigin>;
  /** `undefined`: there is no config file. */
  readonly path: string | undefined;
  readonly warnings: readonly Problem[];
}

/** The config file that `init` writes. */
interface ConfigFile {
  readonly path: string;
  exists(): Promise<boolean>;
  /** What an agent would find wrong with it, itself and nothing else: no flags, no environment. */
  check(text: string): readonly Problem[];
  /** Writes it whole or not at all, readable by its owner alone. */
  write(text: string): Promise<void>;
}

/** What the process edge hands in. Everything heavy stays unloaded until a command calls for it. */
export interface CliDeps {
  readonly version: string;
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly nextTurn: NextTurn;
  readonly person: Person;
  /** The zone of this machine, which `init` offers. */
  readonly localZone: string;
  readonly configFile: ConfigFile;
  /** @throws {ExitError} when there is no usable config; an unreachable MongoDB shows with the first read. */
  openFleet(flags: GlobalFlags): Promise<FleetAccess>;
  /** @throws {ExitError} naming each problem. */
  loadConfig(flags: GlobalFlags): Promise<LoadedConfig>;
  /** Resolves when MongoDB at this URI answers. @throws {ExitError} saying why not, without the URI. */
  testConnection(uri: string): Promise<void>;
  runAgent(
    flags: GlobalFlags,
    options: { readonly embedded: boolean; readonly waitForSerial: boolean; readonly strict: boolean },
  ): Promise<ExitCode>;
  runDemo(options: { readonly minutes: number }): Promise<ExitCode>;
  /** The text of a file, `-` being stdin. Rejects when it can't be read. */
  readTextFile(path: string): Promise<string>;
}
