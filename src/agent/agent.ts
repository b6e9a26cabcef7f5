import { createTokenCache } from "../chain/request/token-cache.ts";
import type { LogLevel } from "../model/config.ts";
import type { FleetSettings } from "../model/settings.ts";
import type { MachineIdentity } from "../model/machine.ts";
import type { MemberTraits } from "../model/member.ts";
import { MINUTE_MS, SECOND_MS } from "../model/time.ts";
import type { Chance } from "../ports/chance.ts";
import type { Clock } from "../ports/clock.ts";
import type { HttpClient } from "../ports/http-client.ts";
import type { Log } from "../ports/log.ts";
import type { FleetStores } from "../ports/fleet-stores.ts";
import { createCommandActions } from "./command-actions.ts";
import { type CommandResult, createCommands } from "./commands.ts";
import { createDatabaseHealth } from "./database-health.ts";
import { createDraining } from "./draining.ts";
import { createJobCatalog } from "./job-catalog.ts";
import { createJobReading, untilNextReadMs } from "./job-reading.ts";
import { createLife, type Life } from "./life.ts";
import type { LiveConfig } from "./live-config.ts";
import { runLoop } from "./loop.ts";
import { createMachineEvidence } from "./machine-evidence.ts";
import { createMachineReporter } from "./machine-reporter.ts";
import { createMembership } from "./membership.ts";
import { createRunWriter } from "./run-writer.ts";
import { createServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";
import { shutDown } from "./shutdown.ts";
import { createSlots } from "./slots.ts";
import { createWaker } from "./waker.ts";
import { widelyHeard } from "../chain/widely-heard.ts";

/** Between two reports to `machines`. */
const REPORT_EVERY_MS = 10 * SECOND_MS;
/** Between two looks whether something is to be done for machines that are off. */
const LOOK_FOR_ABSENTEES_MS = 10 * SECOND_MS;
/** A planner looks again after this at the latest, whatever it knows. */
const LOOK_AGAIN_MS = MINUTE_MS;
/** And no sooner than this after a round that came a moment too early. */
const LOOK_AGAIN_MS_MIN = 5;

export interface AgentDeps {
  readonly stores: FleetStores;
  readonly settings: FleetSettings;
  readonly identity: MachineIdentity;
  readonly config: () => LiveConfig;
  readonly reloadConfig: () => Promise<CommandResult>;
  /** @param forMs `undefined`: until the next start */
  readonly setLogLevel: (level: LogLevel, forMs: number | undefined) => void;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly version: string;
  readonly tzdata: string;
  readonly memoryBytes: () => number;
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

  const evidence = createMachineEvidence({ events, identity, clock });
  const serverClock = createServerClock({ clock, log, evidence });
  const onBack = (awayMs: number) => evidence.databaseWasAway(awayMs, serverClock.now());
  const health = createDatabaseHealth({ clock, chance, log, longestPauseMs: timing.heartbeatMs, onBack });
  const catalog = createJobCatalog({ source: stores.jobs, pauses: stores.pauses, revisions: stores.revisions, log });
  const draining = createDraining();
  const tokens = createTokenCache();
  const traits = (): MemberTraits => ({ labels: config().labels, isDraining: draining.isDraining });
  const slots = createSlots(() => config().runs.maxConcurrent);
  const writer = createRunWriter({ runs: stores.runs, health });
  const catalogWaker = createWaker(clock);
  const plannerWaker = createWaker(clock);
  const commandWaker = createWaker(clock);
  const scanWaker = createWaker(clock);

  /** The planners want a look after the next reading of the jobs, also when it brings nothing else. */
  let areJobsAwaited = false;
  let life: Life | undefined;
  let membershipEnd: Promise<void> = Promise.resolve();

  const membership = createMembership({
    serials: stores.serials,
    settings,
    identity,
    // Who stops begins no runs either: others take them before it has gone.
    traits: () => ({ ...traits(), isDraining: draining.isDraining || stopping.signal.aborted }),
    clock,
    chance,
    serverClock,
    health,
    events,
    log,
    noWait: deps.noWait,
  });

  const reporter = createMachineReporter({
    machines: stores.machines,
    identity,
    version: deps.version,
    tzdata: deps.tzdata,
    config,
    session: () => membership.current,
    running: () => life?.running() ?? 0,
    serverClock,
    memoryBytes: deps.memoryBytes,
    draining,
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
    life: () => life,
    revisions: stores.revisions,
    takeovers: stores.takeovers,
    pauses: stores.pauses,
    claimStore: stores.claims,
    fleetCursors: stores.fleetCursors,
    cursorsOf: (machine) => stores.cursorsOf(machine),
    config,
    setDraining: (isDraining, command) => reporter.setDraining(isDraining, command),
    setLogLevel: deps.setLogLevel,
    serverClock,
    fleetZone: settings.zone,
  });

  const commands = createCommands({
    store: stores.commands,
    machines: stores.machines,
    identity,
    labels: () => config().labels,
    joinedAt: () => reporter.joinedAt,
    session: () => membership.current,
    isLeader: () => life?.isLeader() ?? false,
    isStopping: () => stopping.signal.aborted,
    perform: (command) => actions.perform(command),
    onPage: () => actions.beginPage(),
    clock,
    events,
    log,
  });

  async function catalogPass(): Promise<void> {
    await health.untilAnswered(() => jobReading.read(), stopping.signal);
    if (areJobsAwaited) plannerWaker.wake();
    areJobsAwaited = false;
    await catalogWaker.wait(untilNextReadMs(serverClock.now()), stopping.signal);
  }

  async function plannerPass(): Promise<void> {
    const mine = life;
    if (mine?.session.isTrusted() !== true || !catalog.isRead || !draining.isKnown) {
      await plannerWaker.wait(timing.heartbeatMs, stopping.signal);
      return;
    }
    const { planners } = mine;
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

  async function absenteesPass(): Promise<void> {
    const mine = life;
    if (mine !== undefined && !mine.session.over.aborted)
      await health.untilAnswered(() => mine.absentees.pass(), stopping.signal);
    await clock.sleep(LOOK_FOR_ABSENTEES_MS, stopping.signal);
  }

  async function commandPass(): Promise<void> {
    if (life !== undefined) await health.untilAnswered(() => commands.pass(), stopping.signal);
    await commandWaker.wait(config().commandPollMs, stopping.signal);
  }

  async function reportPass(): Promise<void> {
    await health.untilAnswered(() => reporter.report("running"), stopping.signal).finally(draining.giveUpAsking);
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
      traits,
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
      tokens,
      isStopping: () => stopping.signal.aborted,
      stopping: stopping.signal,
      onLeading() {
        plannerWaker.wake();
        commandWaker.wake();
      },
      onShared: () => plannerWaker.wake(),
      onOldJobs() {
        areJobsAwaited = true;
        catalogWaker.wake();
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
      evidence.started(deps.version, deps.tzdata);
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
        runLoop("absentees", loopDeps, absenteesPass, stopping.signal),
        runLoop("report", loopDeps, reportPass, stopping.signal),
        stores.changes.listen(onChange, stopping.signal),
      ];
      await Promise.race([membershipEnd, whenAborted(stopping.signal)]);
      if (!heartbeats.signal.aborted) {
        const { stopGraceMs } = config().runs;
        const register = life?.register;
        evidence.stopping();
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
