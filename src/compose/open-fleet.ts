import { openDatabase } from "../adapters/mongo/database.ts";
import { createJobSource } from "../adapters/mongo/job-source.ts";
import { createLeaderStore } from "../adapters/mongo/leader-store.ts";
import { createMachineStore } from "../adapters/mongo/machine-store.ts";
import { createJobStateReader } from "../adapters/mongo/read-job-states.ts";
import { createPauseStore } from "../adapters/mongo/pause-store.ts";
import { createEventReader } from "../adapters/mongo/read-events.ts";
import { createJobPast } from "../adapters/mongo/read-job-past.ts";
import { createRevisionStore } from "../adapters/mongo/revision-store.ts";
import { createRunHistory } from "../adapters/mongo/read-run-history.ts";
import { createSerialStore } from "../adapters/mongo/serial-store.ts";
import { createServerTime } from "../adapters/mongo/server-time.ts";
import { createSettingsStore } from "../adapters/mongo/settings-store.ts";
import { createCommandSender } from "../adapters/mongo/write-commands.ts";
import { createJobEditor } from "../adapters/mongo/write-jobs.ts";
import type { FleetAccess } from "../cli/deps.ts";
import type { AgentConfig } from "../model/config.ts";
import { EXIT, ExitError } from "../model/errors.ts";
import { jobsWithCalls } from "../query/jobs-with-calls.ts";
import { parseJob } from "../schema/job.ts";
import { type ConfigFlags, type Environment, loadConfig } from "./load-config.ts";

/** The fleet's database as the command line sees it. */
export async function openFleet(flags: ConfigFlags, env: Environment): Promise<FleetAccess> {
  const { config } = await loadConfig(flags, env);
  return openFleetAt(await databaseUri(config, env), config);
}

export function openFleetAt(uri: string, config: AgentConfig): FleetAccess {
  const database = openDatabase({ uri, dbName: config.dbName, appName: "fleetcron cli" });
  const { work } = database;
  return {
    config,
    jobs: jobsWithCalls(createJobSource(work, parseJob)),
    jobEditor: createJobEditor(work),
    jobStates: createJobStateReader(work),
    runs: createRunHistory(work),
    jobPast: createJobPast(work),
    pauses: createPauseStore(work),
    revisions: createRevisionStore(work, parseJob),
    events: createEventReader(work),
    machines: createMachineStore(work),
    serials: createSerialStore(work),
    leader: createLeaderStore(work),
    settings: createSettingsStore(work),
    commands: createCommandSender(work),
    serverTime: createServerTime(work),
    close: () => database.close(),
  };
}

/** The embedded database of this home, if its agent runs: commands start none. */
async function databaseUri(config: AgentConfig, env: Environment): Promise<string> {
  if (config.mongodbUri !== "embedded") return config.mongodbUri;
  const { embeddedDataFolder } = await import("./embedded-database.ts");
  const { adopt } = await import("../adapters/mongod/embedded-mongod.ts");
  const running = await adopt(embeddedDataFolder(env));
  if (running !== undefined) return running.uri;
  throw new ExitError(
    EXIT.unreachable,
    "the embedded MongoDB of this home is not running",
    "start its agent first: fleetcron agent --embedded",
  );
}
