import { type Agent, createAgent } from "../../../src/agent/agent.ts";
import type { AgentStores } from "../../../src/agent/agent-stores.ts";
import type { CommandResult } from "../../../src/agent/commands.ts";
import type { LiveConfig } from "../../../src/agent/live-config.ts";
import type { MachineId } from "../../../src/model/machine.ts";
import type { FleetSettings } from "../../../src/model/settings.ts";
import type { Chance } from "../../../src/ports/chance.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { HttpClient } from "../../../src/ports/http-client.ts";
import type { Log, LogFacts } from "../../../src/ports/log.ts";
import type { MemoryFleet } from "../memory/memory-fleet.ts";
import { createGate, type Gate } from "./gate.ts";
import { createMachineClock, type MachineClock } from "./machine-clock.ts";
import { createNetwork, type Network } from "./network.ts";

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
  readonly adapt?: (stores: AgentStores) => AgentStores;
}

export interface MachineOptions {
  /** How far its wall clock is ahead. */
  readonly skewMs?: number;
  /** The id in its `machine.json`, when it is not the machine's own name. */
  readonly machineId?: string;
}

export interface MachineDeps {
  readonly name: string;
  readonly time: Clock;
  readonly fleet: MemoryFleet;
  readonly settings: FleetSettings;
  readonly config: () => LiveConfig;
  readonly reloadConfig: () => Promise<CommandResult>;
  readonly http: HttpClient;
  readonly chance: Chance;
  readonly note: (line: LogLine) => void;
}

export function createMachine(deps: MachineDeps, options: MachineOptions = {}): Machine {
  const { name, time, fleet, settings, chance } = deps;
  const machineId = (options.machineId ?? name) as MachineId;
  const clock = createMachineClock(time, options.skewMs ?? 0, Math.floor(chance.fraction() * 1e9));
  const network = createNetwork(time);
  let boots = 1;
  let state: AgentState = "off";
  let life: { readonly agent: Agent; readonly gate: Gate } | undefined;

  function start({ noWait = false, adapt = (stores) => stores }: StartOptions = {}): void {
    if (state === "running") throw new Error(`the agent of ${name} is running already`);
    const gate = createGate();
    const boot = `${name}-boot-${boots}`;
    const agent = createAgent({
      stores: adapt(
        fleet.stores({ machineId, carry: (operation, act) => gate.through(network.carry(operation, act)) }),
      ),
      settings,
      identity: { machineId, hostname: `${name}.example`, place: boot, bootId: boot },
      config: deps.config,
      reloadConfig: deps.reloadConfig,
      http: { exchange: (request, signal) => gate.through(deps.http.exchange(request, signal)) },
      clock: { ...clock, sleep: (durationMs, signal) => gate.through(clock.sleep(durationMs, signal)) },
      chance,
      log: logOf(name, deps.note),
      version: "0.0.0",
      tzdata: "test",
      memoryBytes: () => 0,
      preferredSerial: undefined,
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

  return {
    name,
    clock,
    network,
    get agent() {
      return state;
    },
    start,
    requestStop: () => life?.agent.requestStop(),
    crash() {
      life?.gate.close();
      life = undefined;
      state = "crashed";
    },
    pause: () => life?.gate.close(),
    resume: () => life?.gate.open(),
    reboot() {
      boots++;
    },
  };
}

function logOf(machine: string, note: (line: LogLine) => void): Log {
  const at =
    (level: LogLine["level"]) =>
    (message: string, facts: LogFacts = {}) =>
      note({ machine, level, message, facts });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
