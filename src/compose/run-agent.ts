import { createAgent } from "../agent/agent.ts";
import { createDatabaseHealth } from "../agent/database-health.ts";
import { fleetHome } from "../adapters/files/fleet-home.ts";
import { acquireHomeLock, type HomeLock } from "../adapters/files/home-lock.ts";
import { readMachineId } from "../adapters/files/machine-id.ts";
import { onFileChange } from "../adapters/files/watch-file.ts";
import { createLog } from "../adapters/pino/log.ts";
import { type FleetDatabase, openDatabase } from "../adapters/mongo/database.ts";
import { createFleetStores } from "../adapters/mongo/stores.ts";
import { hostFacts } from "../adapters/system/host-facts.ts";
import { createSystemChance } from "../adapters/system/system-chance.ts";
import { createSystemClock } from "../adapters/system/system-clock.ts";
import type { AgentConfig } from "../model/config.ts";
import { EXIT, ExitError, type ExitCode } from "../model/errors.ts";
import type { MachineId } from "../model/machine.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { parseCommand } from "../schema/command.ts";
import { parseJob } from "../schema/job.ts";
import { embeddedDataFolder, keepDatabase } from "./embedded-database.ts";
import { createLiveSettings, type LiveSettings, type LiveSettingsDeps } from "./live-settings.ts";
import {
  type ConfigFlags,
  type Environment,
  type LoadedConfig,
  loadConfig,
  readConfig,
  refuseWarnings,
} from "./load-config.ts";
import { prepareFleet } from "./prepare-fleet.ts";

/** The reason of a failure is said within 5 s of the start. */
const PING_DEADLINE_MS = 4_000;
const PING_AGAIN_MS = 2_000;

export interface RunAgentOptions {
  readonly flags: ConfigFlags;
  readonly embedded: boolean;
  readonly waitForSerial: boolean;
  /** A config with warnings is refused. */
  readonly strict: boolean;
  readonly env: Environment;
  readonly version: string;
}

/** Runs the agent of this machine until it is told to stop. @throws {ExitError} when it can't start or go on */
export async function runAgent(options: RunAgentOptions): Promise<ExitCode> {
  const { env } = options;
  const flags = { ...options.flags, embedded: options.embedded };
  const loaded = await loadConfig(flags, env);
  if (options.strict) refuseWarnings(loaded);
  const home = fleetHome(env);
  const lock = await acquireHomeLock(home);
  const stopping = new AbortController();
  const closers: (() => Promise<void>)[] = [() => lock.release()];
  try {
    const clock = createSystemClock();
    const machineId = await readMachineId(home);
    const { log, settings } = createLiveParts(loaded.config, machineId, () => rereadConfig(flags, env), clock);
    closers.push(settings.close);
    for (const { path, message } of loaded.warnings)
      log.warn("the config has a flaw", { event: "config_warning", path, problem: message });
    const forgetSignals = onStopSignals(() => stopping.abort(), log);
    closers.push(async () => forgetSignals());
    reloadOnChange(loaded, settings, stopping.signal);
    await serve({ options, config: loaded.config, lock, machineId, clock, log, settings, stopping, closers });
    return EXIT.ok;
  } finally {
    stopping.abort();
    for (const close of closers.toReversed()) await close().catch(() => {});
  }
}

interface Parts {
  readonly options: RunAgentOptions;
  readonly config: AgentConfig;
  readonly lock: HomeLock;
  readonly machineId: MachineId;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: LiveSettings;
  readonly stopping: AbortController;
  /** Closed in reverse order at the end. */
  readonly closers: (() => Promise<void>)[];
}

/** Opens the database, makes it ready, and lives in the fleet until asked to stop. */
async function serve({
  options,
  config,
  lock,
  machineId,
  clock,
  log,
  settings,
  stopping,
  closers,
}: Parts): Promise<void> {
  const { hostname } = hostFacts();
  const uri = await databaseUri(config, options.env, log, closers);
  const database = openDatabase({ uri, dbName: config.dbName, appName: `fleetcron ${hostname}` });
  closers.push(() => database.close());
  settings.keepFromDatabase(() => [...database.hosts, ...database.members()]);
  if (!(await waitForDatabase(database, clock, log, stopping.signal))) return;
  const chance = createSystemChance();
  const stores = createFleetStores({ database, parseJob, parseCommand, clock, chance, log });
  const health = createDatabaseHealth({ clock, chance, log });
  const fleet = await health.untilAnswered(() => prepareFleet(database, stores, config, log), stopping.signal);
  if (fleet === undefined || stopping.signal.aborted) return;
  const agent = createAgent({
    stores,
    settings: fleet,
    identity: { machineId, hostname, place: lock.place, bootId: lock.bootId },
    config: () => settings.current,
    reloadConfig: () => settings.reload(),
    setLogLevel: (level, forMs) => settings.setLogLevel(level, forMs),
    http: settings.http,
    clock,
    chance,
    log,
    version: options.version,
    tzdata: process.versions["tz"] ?? "unknown",
    memoryBytes: () => process.memoryUsage.rss(),
    noWait: !options.waitForSerial,
  });
  stopping.signal.addEventListener("abort", () => agent.requestStop(), { once: true });
  lock.onCompromised(() => {
    log.error("the lock of this home was lost; stopping", { event: "lock_lost" });
    agent.requestStop();
  });
  await agent.run();
}

function createLiveParts(
  config: AgentConfig,
  machineId: MachineId,
  read: LiveSettingsDeps["read"],
  clock: Clock,
): { readonly log: Log; readonly settings: LiveSettings } {
  let settings: LiveSettings | undefined;
  const { log, setLevel } = createLog({
    level: config.log.level,
    format: config.log.format,
    isTerminal: process.stderr.isTTY === true,
    base: { machine: machineId },
    redact: (text) => settings?.current.redactor.redact(text) ?? text,
    write: (line) => void process.stderr.write(line),
  });
  settings = createLiveSettings({ initial: config, read, clock, log, setLevel });
  return { log, settings };
}

async function rereadConfig(flags: ConfigFlags, env: Environment) {
  try {
    const { parsed } = await readConfig(flags, env);
    if (parsed.ok) return { ok: true as const, config: parsed.value.config };
    return { ok: false as const, why: parsed.problems.map((it) => `${it.path} ${it.message}`.trim()).join("; ") };
  } catch (err) {
    return { ok: false as const, why: err instanceof Error ? err.message : String(err) };
  }
}

/** The first signal stops gracefully, a second one at once. */
function onStopSignals(stop: () => void, log: Log): () => void {
  let isAsked = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isAsked) {
      log.warn("a second signal: stopping at once; what is under way is taken over by others", {
        event: "stop_now",
        signal,
      });
      process.exit(EXIT.failed);
    }
    isAsked = true;
    stop();
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  return () => void process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
}

function reloadOnChange(loaded: LoadedConfig, settings: LiveSettings, signal: AbortSignal): void {
  const reload = () => void settings.reload();
  process.on("SIGHUP", reload);
  signal.addEventListener("abort", () => process.off("SIGHUP", reload), { once: true });
  if (loaded.path !== undefined) onFileChange(loaded.path, reload, signal);
}

async function databaseUri(
  config: AgentConfig,
  env: Environment,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<string> {
  if (config.mongodbUri !== "embedded") return config.mongodbUri;
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const database = await keepDatabase(embeddedDataFolder(env), env, log, say);
  closers.push(() => database.stop());
  say(`MongoDB ${database.version} runs on this machine; mongosh and other agents here use:`);
  process.stdout.write(`${database.uri}\n`);
  return database.uri;
}

/** True when MongoDB answers; false when the agent was stopped first. @throws {ExitError} when somebody must mend it */
async function waitForDatabase(database: FleetDatabase, clock: Clock, log: Log, signal: AbortSignal): Promise<boolean> {
  let isSaid = false;
  while (!signal.aborted) {
    const result = await database.ping(PING_DEADLINE_MS);
    if (result.outcome === "ok") {
      if (isSaid) log.info("MongoDB answers", { event: "recovered", hosts: database.hosts });
      return true;
    }
    if (result.outcome !== "unreachable") throw new ExitError(EXIT.unreachable, result.message);
    if (!isSaid)
      log.warn("MongoDB can't be reached; waiting for it", { event: "waiting_for_mongodb", reason: result.message });
    isSaid = true;
    await clock.sleep(PING_AGAIN_MS, signal);
  }
  return false;
}
