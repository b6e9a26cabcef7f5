import type { MachineIdentity } from "../model/machine.ts";
import type { EpochMs } from "../model/time.ts";
import type { MachineReport, MachineStore } from "../ports/machine-store.ts";
import type { Draining } from "./draining.ts";
import type { LiveConfig } from "./live-config.ts";
import type { ServerClock } from "./server-clock.ts";
import type { Session } from "./session.ts";

export interface MachineReporterDeps {
  readonly machines: MachineStore;
  readonly identity: MachineIdentity;
  readonly version: string;
  readonly tzdata: string;
  readonly config: () => LiveConfig;
  readonly session: () => Session | undefined;
  readonly running: () => number;
  readonly serverClock: ServerClock;
  readonly memoryBytes: () => number;
  readonly draining: Draining;
}

/** Tells people, through the `machines` collection, how this agent is. */
export interface MachineReporter {
  readonly joinedAt: EpochMs | undefined;
  /** @throws {StoreUnavailableError} */
  report(state: "running" | "stopping" | "stopped"): Promise<void>;
  /** Sets by a command whether this machine drains. @throws {StoreUnavailableError} */
  setDraining(isDraining: boolean, command: string): Promise<void>;
}

export function createMachineReporter(deps: MachineReporterDeps): MachineReporter {
  let joinedAt: EpochMs | undefined;
  /** Counts the commands: an answer that was on its way when one came knows less than we do. */
  let timesSet = 0;

  function stateInWords(state: "running" | "stopping" | "stopped"): MachineReport["state"] {
    if (state !== "running") return state;
    const session = deps.session();
    if (session === undefined) return "standby";
    return session.isTrusted() ? "active" : "fenced";
  }

  return {
    get joinedAt() {
      return joinedAt;
    },
    async report(state) {
      const lease = deps.session()?.lease;
      const { labels, secrets } = deps.config();
      const report: MachineReport = {
        identity: deps.identity,
        version: deps.version,
        tzdata: deps.tzdata,
        labels,
        secretNames: [...secrets.keys()],
        session: lease?.session ?? null,
        serial: lease?.serial ?? null,
        state: stateInWords(state),
        clockOffsetMs: deps.serverClock.offsetMs(),
        running: deps.running(),
        memoryBytes: deps.memoryBytes(),
      };
      const asOf = timesSet;
      const known = await deps.machines.report(report);
      joinedAt = known.joinedAt;
      if (timesSet === asOf) deps.draining.note(known.isDraining);
    },
    async setDraining(isDraining, command) {
      await deps.machines.setDraining(deps.identity.machineId, isDraining, command);
      timesSet++;
      deps.draining.note(isDraining);
    },
  };
}
