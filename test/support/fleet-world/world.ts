import type { LiveConfig } from "../../../src/agent/live-config.ts";
import type { CommandResult } from "../../../src/agent/commands.ts";
import { createRedactor } from "../../../src/chain/redact/redact.ts";
import type { RunLimits } from "../../../src/model/config.ts";
import { type LeaseTiming, leaseTiming } from "../../../src/model/member.ts";
import { DAY_MS, type EpochMs } from "../../../src/model/time.ts";
import type { Chance } from "../../../src/ports/chance.ts";
import { parseCommand } from "../../../src/schema/command.ts";
import { parseJob } from "../../../src/schema/job.ts";
import { createFakeClock } from "../fake-clock.ts";
import type { MemoryAck, MemoryRecord, MemoryRun, MemoryState } from "../memory/state.ts";
import { createMemoryFleet } from "../memory/memory-fleet.ts";
import { type Acting, createMachine, type LogLine, type Machine, type MachineOptions } from "./machine.ts";
import { createScriptedTarget, type ScriptedTarget } from "./scripted-target.ts";
import { createSeededChance } from "./seeded-chance.ts";

/** How finely a world looks whether something has come true. */
const LOOK_EVERY_MS = 50;

export interface WorldOptions {
  readonly seed?: number;
  /** UTC time of day at which it begins, 2 March 2026. */
  readonly startsAt?: string;
  readonly maxSerial?: number;
  readonly runs?: Partial<RunLimits>;
  readonly commandPollMs?: number;
  /** 3 s, 12 s and 3 s unless given. */
  readonly lease?: LeaseTiming;
}

/**
 * A whole fleet in one process and in no real time: agents as they are, on machines whose clocks may lie, with a
 * database in memory and a target that answers by script. The same seed gives the same story.
 */
export interface World {
  readonly chance: Chance;
  readonly target: ScriptedTarget;
  /** What the database holds, for tests to look at. */
  readonly state: MemoryState;
  readonly log: readonly LogLine[];
  /** Called with each line as it is logged. */
  onLog: (line: LogLine) => void;
  /** Called around each operation of an agent as it takes effect. */
  acting: Acting;
  /** The true time, which the database's clock shows until it leaps. */
  now(): EpochMs;
  /** `10:05`, `10:05:30` or `10:05:30.500` of the first day. */
  timeOf(clockTime: string): EpochMs;
  /** Moves the database's clock. */
  leapServerClock(byMs: number): void;
  /** What the database's clock shows. */
  serverNow(): EpochMs;
  machine(name: string, options?: MachineOptions): Machine;
  /** Starts machines of these names one after the other, so that they hold serials 1, 2, … */
  startFleet(...names: readonly string[]): Promise<readonly Machine[]>;
  pass(durationMs: number): Promise<void>;
  passTo(clockTime: string): Promise<void>;
  /** Lets time pass until something is so; answers how long it took. @throws when it does not come true in time */
  passUntil(what: string, limitMs: number, isSo: () => boolean): Promise<number>;
  /** Writes a job: on, every minute, one GET of `/<_id>`, unless the fields say otherwise. */
  putJob(id: string, fields?: Readonly<Record<string, unknown>>): void;
  removeJob(id: string): void;
  putCommand(id: string, fields: Readonly<Record<string, unknown>>): void;
  /** With what the reader of a changed config answers. */
  reloadConfig: () => Promise<CommandResult>;
  /** The records of a job in the order of their times. */
  recordsOf(job: string): readonly MemoryRecord[];
  /** They in short: `10:05 ok`, `10:06-10:09 missed 4`. */
  storyOf(job: string): readonly string[];
  /** The run of a job at `10:05`. */
  runAt(job: string, clockTime: string): MemoryRun;
  ackOf(command: string, key: string): MemoryAck | undefined;
  /** The name of the machine that the fleet follows, if its session is alive. */
  leader(): string | undefined;
  /** The serial that a machine holds. */
  serialOf(machine: string): number | undefined;
}

export function createWorld(options: WorldOptions = {}): World {
  const { seed = 1, startsAt = "10:00:20", maxSerial = 10, runs = {}, commandPollMs = 10_000 } = options;
  const { lease = leaseTiming(3_000, 12_000, 3_000) } = options;
  const day = Date.UTC(2026, 2, 2);
  const timeOf = (clockTime: string) =>
    (day + Date.parse(`1970-01-01T${clockTime.length === 5 ? `${clockTime}:00` : clockTime}Z`)) as EpochMs;
  const time = createFakeClock({ wall: timeOf(startsAt) });
  const chance = createSeededChance(seed);
  const target = createScriptedTarget(time);
  let serverAheadMs = 0;
  const fleet = createMemoryFleet({
    serverNow: () => (time.wallNow() + serverAheadMs) as EpochMs,
    parseJob,
    parseCommand,
  });
  const { state } = fleet;
  const settings = { zone: "UTC", maxSerial, lease };
  const config: LiveConfig = {
    secrets: new Map(),
    redactor: createRedactor(new Map()),
    http: { timeoutMs: 10_000, retry: { retries: 2, delayMs: 3_000, backoff: 1.5 }, maxBodyBytes: 1_048_576 },
    runs: {
      maxConcurrent: 64,
      maxPerHost: 16,
      keepOkMs: 7 * DAY_MS,
      keepFailedMs: 30 * DAY_MS,
      stopGraceMs: 10_000,
      ...runs,
    },
    labels: {},
    commandPollMs,
  };
  const log: LogLine[] = [];

  function machine(name: string, machineOptions: MachineOptions = {}): Machine {
    return createMachine(
      {
        name,
        time,
        fleet,
        settings,
        config: () => config,
        reloadConfig: () => world.reloadConfig(),
        target,
        chance,
        acting: (life, operation, act) => world.acting(life, operation, act),
        note(line) {
          log.push(line);
          world.onLog(line);
        },
      },
      machineOptions,
    );
  }

  async function passUntil(what: string, limitMs: number, isSo: () => boolean): Promise<number> {
    const startedAt = time.monotonicNow();
    await time.advance(0);
    while (!isSo()) {
      const passedMs = time.monotonicNow() - startedAt;
      if (passedMs >= limitMs) throw new Error(`within ${limitMs} ms of the fleet's time there was no: ${what}`);
      await time.advance(Math.min(LOOK_EVERY_MS, limitMs - passedMs));
    }
    return time.monotonicNow() - startedAt;
  }

  const recordsOf = (job: string) =>
    [...state.runs.values()].filter((it) => it.jobId === job).sort((a, b) => a.scheduledFor - b.scheduledFor);

  const world: World = {
    chance,
    target,
    state,
    log,
    onLog: () => {},
    acting: (_life, _operation, act) => act(),
    now: () => time.wallNow(),
    timeOf,
    leapServerClock(byMs) {
      serverAheadMs += byMs;
    },
    serverNow: () => state.serverNow(),
    machine,
    async startFleet(...names) {
      const machines: Machine[] = [];
      for (const name of names) {
        const it = machine(name);
        it.start();
        machines.push(it);
        await passUntil(`serial of ${name}`, 1_000, () => world.serialOf(name) !== undefined);
      }
      await passUntil("leader", 5_000, () => world.leader() !== undefined);
      return machines;
    },
    pass: (durationMs) => time.advance(durationMs),
    passTo: (clockTime) => time.advance(timeOf(clockTime) - time.wallNow()),
    passUntil,
    putJob(id, fields = {}) {
      const request = "actions" in fields ? {} : { url: `http://target.test/${id}` };
      fleet.putJob({ _id: id, name: id, enabled: true, schedule: "* * * * *", ...request, ...fields });
    },
    removeJob: (id) => fleet.removeJob(id),
    putCommand: (id, fields) => fleet.putCommand({ _id: id, ...fields }),
    reloadConfig: async () => ({ status: "ok", result: "the config was read" }),
    recordsOf,
    storyOf: (job) => recordsOf(job).map(inShort),
    runAt(job, clockTime) {
      const run = recordsOf(job).find((it) => it.scheduledFor === timeOf(clockTime));
      if (run === undefined || !("session" in run)) throw new Error(`job ${job} has no run at ${clockTime}`);
      return run;
    },
    ackOf: (command, key) => state.acks.get(`${command}:${key}`),
    leader() {
      const { session, machineId } = state.leader;
      const isAlive = [...state.serials.values()].some((it) => it.session !== null && it.session === session);
      return isAlive && machineId !== null ? machineId : undefined;
    },
    serialOf: (name) => [...state.serials.values()].find((it) => it.machineId === name)?.serial,
  };
  return world;
}

function inShort(record: MemoryRecord): string {
  const minute = (at: EpochMs) => new Date(at).toISOString().slice(11, 16);
  const from = minute(record.scheduledFor);
  if ("session" in record || record.stretch === undefined) return `${from} ${record.status}`;
  return `${from}-${minute(record.stretch.last)} ${record.status} ${record.stretch.count}`;
}
