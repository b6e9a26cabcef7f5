import { type Agent, createAgent } from "../../../src/agent/agent.ts";
import type { FleetStores } from "../../../src/ports/fleet-stores.ts";
import type { CommandResult } from "../../../src/agent/commands.ts";
import type { LiveConfig } from "../../../src/agent/live-config.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { FleetSettings } from "../../../src/model/settings.ts";
import type { Chance } from "../../../src/ports/chance.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Log, LogFacts } from "../../../src/ports/log.ts";
import type { Carry } from "../memory/carried.ts";
import type { MemoryFleet } from "../memory/memory-fleet.ts";
import { createGate, type Gate } from "./gate.ts";
import { createMachineClock, type MachineClock } from "./machine-clock.ts";
import { createNetwork, type Network } from "./network.ts";
import type { ScriptedTarget } from "./scripted-target.ts";

/** One line of a machine's log. */
export interface LogLine {
  readonly machine: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly facts: LogFacts;
}

/** Where a machine's agent is: it was never started, it lives (also while paused), or it is gone. */
type AgentState = "off" | "running" | "stopped" | "crashed" | { readonly failed: unknown };

/** A host of the fleet, whose agent can be started and ended again and again. */
export interface Machine {
  readonly name: string;
  readonly clock: MachineClock;
  readonly network: Network;
  readonly agent: AgentState;
  readonly isPaused: boolean;
  /** Those of its config; another object is a changed config that was reloaded. */
  labels: Readonly<Record<string, string>>;
  /** Names its present or last agent: `a#2` is the second that was started on machine a. */
  readonly life: string;
  start(options?: StartOptions): void;
  /** Asks the agent to stop; it ends by itself. */
  requestStop(): void;
  /** kill -9: what is on its way to the database or a target still arrives. */
  crash(): void;
  /** SIGSTOP and SIGCONT. */
  pause(): void;
  resume(): void;
  /** From the next start on the agent lives in another place, as after a reboot. */
  reboot(): void;
}

interface StartOptions {
  readonly noWait?: boolean;
  /** Puts something between the agent and its stores. */
  readonly adapt?: (stores: FleetStores, life: string) => FleetStores;
}

export interface MachineOptions {
  /** How far its wall clock is ahead. */
  readonly skewMs?: number;
  /** The id in its `machine.json`, when it is not the machine's own name. */
  readonly machineId?: string;
  /** The machine whose place it claims to be, as a container started twice from one image may. */
  readonly placeOf?: string;
  /** How fast its clocks run; 1.05 gains 3 s a minute. */
  readonly clockRate?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Does what an agent asked the database for; it happens in one step, before the first turn of other work. */
export type Acting = (life: string, operation: string, act: () => Promise<unknown>) => Promise<unknown>;

export interface MachineDeps {
  readonly name: string;
  readonly time: Clock;
  readonly fleet: MemoryFleet;
  readonly settings: FleetSettings;
  readonly config: () => LiveConfig;
  readonly reloadConfig: () => Promise<CommandResult>;
  readonly target: ScriptedTarget;
  readonly chance: Chance;
  /** Called around each operation as it takes effect, by whichever agent it was sent. */
  readonly acting: Acting;
  readonly note: (line: LogLine) => void;
}

export function createMachine(deps: MachineDeps, options: MachineOptions = {}): Machine {
  const { name, time, fleet, settings, chance, target } = deps;
  const machineId = (options.machineId ?? name) as MachineId;
  const clock = createMachineClock(time, {
    skewMs: options.skewMs ?? 0,
    bootedMsAgo: Math.floor(chance.fraction() * 1e9),
    rate: options.clockRate ?? 1,
  });
  const network = createNetwork(time);
  let boots = 1;
  let lives = 0;
  let isPaused = false;
  let state: AgentState = "off";
  let life: { readonly agent: Agent; readonly gate: Gate } | undefined;

  function start({ noWait = false, adapt = (stores) => stores }: StartOptions = {}): void {
    if (state === "running") throw new Error(`the agent of ${name} is running already`);
    const gate = createGate();
    const boot = `${options.placeOf ?? name}-boot-${boots}`;
    const lifeName = `${name}#${++lives}`;
    const carry: Carry = (operation, act) =>
      gate.through(network.carry(operation, () => deps.acting(lifeName, operation, act)));
    const sleep: Clock["sleep"] = (durationMs, signal) => gate.through(clock.sleep(durationMs, signal));
    isPaused = false;
    const agent = createAgent({
      stores: adapt(fleet.stores(carry), lifeName),
      settings,
      identity: { machineId, hostname: `${name}.example`, place: boot, bootId: boot },
      config: () => ({ ...deps.config(), labels: machine.labels }),
      reloadConfig: deps.reloadConfig,
      setLogLevel: () => {},
      http: target.clientOf({ machine: name, life: lifeName, sleep, through: (answer) => gate.through(answer) }),
      clock: { wallNow: clock.wallNow, monotonicNow: clock.monotonicNow, sleep },
      chance,
      log: logOf(name, deps.note),
      version: "0.0.0",
      tzdata: "test",
      memoryBytes: () => 0,
      noWait,
    });
    life = { agent, gate };
    state = "running";
    agent.run().then(
      () => ended(agent, "stopped"),
      (err: unknown) => ended(agent, { failed: err }),
    );
  }

  function ended(agent: Agent, how: AgentState): void {
    if (life?.agent === agent && state === "running") state = how;
  }

  const machine: Machine = {
    name,
    clock,
    network,
    labels: options.labels ?? deps.config().labels,
    get agent() {
      return state;
    },
    get isPaused() {
      return isPaused;
    },
    get life() {
      return `${name}#${lives}`;
    },
    start,
    requestStop: () => life?.agent.requestStop(),
    crash() {
      life?.gate.close();
      life = undefined;
      isPaused = false;
      state = "crashed";
    },
    pause() {
      if (life === undefined) return;
      life.gate.close();
      isPaused = true;
    },
    resume() {
      life?.gate.open();
      isPaused = false;
    },
    reboot() {
      boots++;
    },
  };
  return machine;
}

function logOf(machine: string, note: (line: LogLine) => void): Log {
  const at =
    (level: LogLine["level"]) =>
    (message: string, facts: LogFacts = {}) =>
      note({ machine, level, message, facts });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
