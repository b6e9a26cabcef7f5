import { createAgent } from "../agent/agent.ts";
import { createDatabaseHealth } from "../agent/database-health.ts";
import { fleetHome } from "../adapters/files/fleet-home.ts";
import { acquireHomeLock } from "../adapters/files/home-lock.ts";
import { readMachineId } from "../adapters/files/machine-id.ts";
import { onFileChange } from "../adapters/files/watch-file.ts";
import { createLog, type LogHandle } from "../adapters/pino/log.ts";
import { type FleetDatabase, openDatabase } from "../adapters/mongo/database.ts";
import { takeOverOriginal } from "../adapters/mongo/original.ts";
import { prepareDatabase } from "../adapters/mongo/preparation.ts";
import { createFleetStores } from "../adapters/mongo/stores.ts";
import { hostFacts } from "../adapters/system/host-facts.ts";
import { createSystemChance } from "../adapters/system/system-chance.ts";
import { createSystemClock } from "../adapters/system/system-clock.ts";
import type { AgentConfig } from "../model/config.ts";
import { EXIT, ExitError, type ExitCode } from "../model/errors.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { parseCommand } from "../schema/command.ts";
import { parseJob } from "../schema/job.ts";
import { embeddedDataFolder, startDatabase } from "./embedded-database.ts";
import { createLiveSettings, type LiveSettings } from "./live-settings.ts";
import { type ConfigFlags, type Environment, type LoadedConfig, loadConfig, readConfig } from "./load-config.ts";

const PING_DEADLINE_MS = 5_000;
const PING_AGAIN_MS = 2_000;

export interface RunAgentOptions {
  readonly flags: ConfigFlags;
  readonly embedded: boolean;
  readonly waitForSerial: boolean;
  readonly env: Environment;
  readonly version: string;
}

/** Runs the agent of this machine until it is told to stop. @throws {ExitError} when it can't start or go on */
export async function runAgent(options: RunAgentOptions): Promise<ExitCode> {
  const { env, version } = options;
  const flags = { ...options.flags, embedded: options.embedded };
  const loaded = await loadConfig(flags, env);
  const { config } = loaded;
  const clock = createSystemClock();
  const home = fleetHome(env);
  const machineId = await readMachineId(home);
  let settings: LiveSettings | undefined;
  const { log, setLevel } = createAgentLog(config, machineId, () => settings);
  for (const warning of loaded.warnings)
    log.warn("the config has a flaw", { event: "config_warning", path: warning.path, problem: warning.message });
  settings = createLiveSettings({ initial: config, read: () => rereadConfig(flags, env), clock, log, setLevel });

  const closers: (() => Promise<void>)[] = [settings.close];
  const stopping = new AbortController();
  const forgetSignals = onStopSignals(() => stopping.abort(), log);
  try {
    const lock = await acquireHomeLock(home);
    closers.push(() => lock.release());
    const uri = await databaseUri(config, env, log, closers);
    const database = openDatabase({ uri, dbName: config.dbName, appName: `fleetcron ${hostFacts().hostname}` });
    closers.push(() => database.close());
    if (!(await waitForDatabase(database, clock, log, stopping.signal))) return EXIT.ok;

    const identity: MachineIdentity = {
      machineId,
      hostname: hostFacts().hostname,
      place: lock.place,
      bootId: lock.bootId,
    };
    const chance = createSystemChance();
    const stores = createFleetStores({ database, machineId, parseJob, parseCommand, clock, chance, log });
    const health = createDatabaseHealth({ clock, chance, log });
    const fleet = await health.untilAnswered(
      () => prepare(database, stores.settings.readOrCreate, config, log),
      stopping.signal,
    );
    if (fleet === undefined) return EXIT.ok;

    const live = settings;
    const agent = createAgent({
      stores,
      settings: fleet,
      identity,
      config: () => live.current,
      reloadConfig: live.reload,
      http: live.http,
      clock,
      chance,
      log,
      version,
      tzdata: process.versions["tz"] ?? "unknown",
      memoryBytes: () => process.memoryUsage.rss(),
      preferredSerial: undefined,
      noWait: !options.waitForSerial,
    });
    stopping.signal.addEventListener("abort", () => agent.requestStop(), { once: true });
    if (stopping.signal.aborted) return EXIT.ok;
    lock.onCompromised(() => {
      log.error("the lock of this home was lost; stopping", { event: "lock_lost" });
      agent.requestStop();
    });
    reloadOnChange(loaded, live, stopping.signal);
    await agent.run();
    return EXIT.ok;
  } finally {
    stopping.abort();
    forgetSignals();
    for (const close of closers.reverse()) await close().catch((err: unknown) => log.debug("closing failed", { err }));
  }
}

function createAgentLog(config: AgentConfig, machine: string, settings: () => LiveSettings | undefined): LogHandle {
  return createLog({
    level: config.log.level,
    format: config.log.format,
    isTerminal: process.stderr.isTTY === true,
    base: { machine },
    redact: (text) => settings()?.current.redactor.redact(text) ?? text,
    write: (line) => void process.stderr.write(line),
  });
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
  const { mongod, version } = await startDatabase(embeddedDataFolder(env), env, log, say);
  let isStopping = false;
  closers.push(() => {
    isStopping = true;
    return mongod.stop();
  });
  mongod.onExit((exitCode) => {
    if (isStopping) return;
    log.error("the embedded MongoDB ended by itself; restart this agent to start it again", {
      event: "mongod_ended",
      exit_code: exitCode,
    });
  });
  say(`MongoDB ${version} runs on this machine; mongosh and other agents here use:`);
  process.stdout.write(`${mongod.uri}\n`);
  return mongod.uri;
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

async function prepare(
  database: FleetDatabase,
  readOrCreate: (wished: FleetSettings) => Promise<FleetSettings>,
  config: AgentConfig,
  log: Log,
): Promise<FleetSettings> {
  const original = await takeOverOriginal(database.work);
  if (original.outcome === "alive") {
    throw new ExitError(
      EXIT.conflict,
      `an agent of the original FleetCron is alive on ${original.hostname}; both at once would run every job twice`,
      "stop the original on every machine, wait 3 minutes, and start this again",
    );
  }
  if (original.outcome === "forbidden") {
    throw new ExitError(
      EXIT.conflict,
      "collections of the original FleetCron must be renamed, and this account may not",
      `an administrator runs in mongosh:\n${original.command}`,
    );
  }
  if (original.outcome === "renamed" && original.collections.length > 0) {
    log.info("took over the database of the original FleetCron; its collections were renamed, nothing was deleted", {
      event: "original_taken_over",
      collections: original.collections,
    });
  }
  for (const warning of await prepareDatabase(database.work))
    log.warn("the database could not be prepared fully", { event: "preparation", problem: warning });
  const stored = await readOrCreate(config.fleet);
  if (JSON.stringify(stored) !== JSON.stringify(config.fleet)) {
    log.warn("this machine's config differs from the fleet's settings; the fleet's hold", {
      event: "settings_differ",
      fleet: stored,
      config: config.fleet,
    });
  }
  return stored;
}
