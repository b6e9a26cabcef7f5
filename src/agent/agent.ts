import type { FleetSettings } from "../model/settings.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { Serial } from "../model/member.ts";
import { MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { Chance } from "../ports/chance.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { Log } from "../ports/log.ts";
import type { AgentStores } from "./agent-stores.ts";
import { createCommandActions } from "./command-actions.ts";
import { type CommandResult, createCommands } from "./commands.ts";
import { createDatabaseHealth } from "./database-health.ts";
import { createJobCatalog } from "./job-catalog.ts";
import { createJobReading, untilNextReadMs } from "./job-reading.ts";
import { createLife, type Life } from "./life.ts";
import type { LiveConfig } from "./live-config.ts";
import { runLoop } from "./loop.ts";
import { createMachineReporter } from "./machine-reporter.ts";
import { createMembership } from "./membership.ts";
import { createRunWriter } from "./run-writer.ts";
import { createServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";
import { shutDown } from "./shutdown.ts";
import { createSlots } from "./slots.ts";
import { createWaker } from "./waker.ts";
import { widelyHeard } from "./widely-heard.ts";

/** Between two reports to `machines`. */
const REPORT_EVERY_MS = 10 * SECOND_MS;
/** A planner looks again after this at the latest, whatever it knows. */
const LOOK_AGAIN_MS = MINUTE_MS;
/** And no sooner than this after a round that came a moment too early. */
const LOOK_AGAIN_MS_MIN = 5;

export interface AgentDeps {
  readonly stores: AgentStores;
  readonly settings: FleetSettings;
  readonly identity: MachineIdentity;
  readonly config: () => LiveConfig;
  readonly reloadConfig: () => Promise<CommandResult>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly version: string;
  readonly tzdata: string;
  readonly memoryBytes: () => number;
  readonly preferredSerial: Serial | undefined;
  readonly noWait: boolean;
}

/** One life of the program on this machine. */
export interface Agent {
  /** Runs until it is asked to stop and has stopped. @throws {ExitError} when this machine can't be part of the fleet */
  run(): Promise<void>;
  /** Stops: no further claim, steps finish or are counted, the serial is freed. Safe to repeat. */
  requestStop(): void;
}

export function createAgent(deps: AgentDeps): Agent {
  const { stores, settings, identity, config, clock, chance, log } = deps;
  const { events } = stores;
  const timing = settings.lease;
  const stopping = widelyHeard();
  /** Outlives `stopping`: renewals go on until the serial is freed. */
  const heartbeats = widelyHeard();

  const health = createDatabaseHealth({ clock, chance, log });
  const serverClock = createServerClock({ clock, log, events });
  const catalog = createJobCatalog({ source: stores.jobs, revisions: stores.revisions, log });
  const slots = createSlots(() => config().runs.maxConcurrent);
  const writer = createRunWriter({ runs: stores.runs, health });
  const catalogWaker = createWaker(clock);
  const plannerWaker = createWaker(clock);
  const commandWaker = createWaker(clock);
  const scanWaker = createWaker(clock);

  let life: Life | undefined;
  let membershipEnd: Promise<void> = Promise.resolve();

  const membership = createMembership({
    serials: stores.serials,
    settings,
    identity,
    clock,
    chance,
    serverClock,
    health,
    events,
    log,
    preferredSerial: deps.preferredSerial,
    noWait: deps.noWait,
  });

  const reporter = createMachineReporter({
    machines: stores.machines,
    identity,
    version: deps.version,
    tzdata: deps.tzdata,
    config,
    session: () => membership.current,
    running: () => slots.used,
    serverClock,
    memoryBytes: deps.memoryBytes,
  });

  const jobReading = createJobReading({
    catalog,
    jobHealth: stores.jobHealth,
    isLeader: () => life?.isLeader() ?? false,
    onChange: () => plannerWaker.wake(),
    events,
  });

  const actions = createCommandActions({
    catalog,
    reloadJobs: () => jobReading.read(),
    reloadConfig: deps.reloadConfig,
    requestStop,
    claims: () => life?.claims,
    recorder: () => life?.recorder,
    revisions: stores.revisions,
    takeovers: stores.takeovers,
    register: () => life?.register,
    serverClock,
    fleetZone: settings.zone,
  });

  const commands = createCommands({
    store: stores.commands,
    machines: stores.machines,
    identity,
    joinedAt: () => reporter.joinedAt,
    session: () => membership.current,
    isLeader: () => life?.isLeader() ?? false,
    isStopping: () => stopping.signal.aborted,
    perform: (action, command) => actions.perform(action, command),
    clock,
    events,
    log,
  });

  async function catalogPass(): Promise<void> {
    await health.untilAnswered(() => jobReading.read(), stopping.signal);
    await catalogWaker.wait(untilNextReadMs(serverClock.now()), stopping.signal);
  }

  async function plannerPass(): Promise<void> {
    const mine = life;
    if (mine?.session.isTrusted() !== true || !catalog.isRead) {
      await plannerWaker.wait(timing.heartbeatMs, stopping.signal);
      return;
    }
    const planners = mine.planners();
    await health.untilAnswered(async () => {
      for (const planner of planners) if (!mine.session.over.aborted && !stopping.signal.aborted) await planner.round();
    }, stopping.signal);
    const due = planners.flatMap((it) => it.nextDue() ?? []);
    const untilDueMs = Math.min(LOOK_AGAIN_MS, ...due.map((it) => it - serverClock.now()));
    await plannerWaker.wait(Math.max(LOOK_AGAIN_MS_MIN, untilDueMs), stopping.signal);
  }

  async function scanPass(): Promise<void> {
    const mine = life;
    if (mine !== undefined && !mine.session.over.aborted)
      await health.untilAnswered(() => mine.scan(), mine.session.over);
    await scanWaker.wait(timing.scanMs, heartbeats.signal);
  }

  async function commandPass(): Promise<void> {
    if (life !== undefined) await health.untilAnswered(() => commands.pass(), stopping.signal);
    await commandWaker.wait(config().commandPollMs, stopping.signal);
  }

  async function reportPass(): Promise<void> {
    await health.untilAnswered(() => reporter.report("running"), stopping.signal);
    if (reporter.joinedAt !== undefined) commandWaker.wake();
    await clock.sleep(REPORT_EVERY_MS, stopping.signal);
  }

  function requestStop(): void {
    stopping.abort();
  }

  function onChange(collection: "jobs" | "commands"): void {
    if (collection === "jobs") catalogWaker.wake();
    else commandWaker.wake();
  }

  function onSession(session: Session): void {
    life = createLife({
      session,
      stores,
      settings,
      identity,
      catalog,
      writer,
      slots,
      clock,
      chance,
      serverClock,
      health,
      config,
      log,
      http: deps.http,
      isStopping: () => stopping.signal.aborted,
      onLeading() {
        plannerWaker.wake();
        commandWaker.wake();
      },
    });
    scanWaker.wake();
    plannerWaker.wake();
    void reporter.report("running").then(commandWaker.wake, () => {});
  }

  return {
    requestStop,
    async run() {
      const loopDeps = { clock, log };
      const failed = (err: unknown): never => {
        stopping.abort();
        heartbeats.abort();
        throw err;
      };
      membershipEnd = membership.run(onSession, heartbeats.signal).catch(failed);
      const loops = [
        runLoop("scan", loopDeps, scanPass, heartbeats.signal),
        runLoop("catalog", loopDeps, catalogPass, stopping.signal),
        runLoop("planner", loopDeps, plannerPass, stopping.signal),
        runLoop("commands", loopDeps, commandPass, stopping.signal),
        runLoop("report", loopDeps, reportPass, stopping.signal),
        stores.changes.listen(onChange, stopping.signal),
      ];
      await Promise.race([membershipEnd, whenAborted(stopping.signal)]);
      if (!heartbeats.signal.aborted) {
        const { stopGraceMs } = config().runs;
        const register = life?.register;
        await shutDown({
          register,
          writer,
          membership,
          heartbeats,
          membershipEnd,
          reporter,
          events,
          stopGraceMs,
          clock,
          log,
        });
      }
      await Promise.all([membershipEnd, ...loops]);
    },
  };
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
