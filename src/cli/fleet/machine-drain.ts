import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { exactLength } from "../../model/exact-length.ts";
import { SECOND_MS } from "../../model/time.ts";
import { machineNames } from "../../query/machine-names.ts";
import { readMachineTable } from "../../query/machine-rows.ts";
import { type Fleet, type Invocation, withFleet } from "../invocation.ts";
import { pickMachine } from "../pick-target.ts";
import { visible } from "../print/visible.ts";
import { askOne } from "./ask-agents.ts";

/** Between two looks at what still runs. */
const LOOK_MS = SECOND_MS;
/** More live runs than this are not counted one by one. */
const LIVE_MAX = 10_000;

export interface DrainOptions {
  readonly wait?: true;
  readonly timeout: number;
}

/** `machine drain`: no run begins on a machine any more; with `--wait` until those that it has are over. */
export function machineDrain(call: Invocation, name: string, options: DrainOptions): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const { rows } = await readMachineTable(fleet);
    const { machineId, hostname } = pickMachine(name, rows);
    const shown = machineNames(rows).get(machineId) ?? hostname;
    const target = { kind: "machine", name: machineId } as const;
    const { result } = await askOne(call, fleet, "drain", target, {}, rows);
    if (options.wait) {
      call.print.words(`${visible(shown)}: ${visible(result)}`);
      await untilIdle(call, fleet, machineId, options.timeout);
      call.print.thing({ machine_id: machineId, draining: true, running: 0 }, () => `${visible(shown)} runs nothing`);
      return EXIT.ok;
    }
    call.print.thing({ machine_id: machineId, draining: true }, () =>
      [
        `${visible(shown)}: ${visible(result)}`,
        // A serial may be another machine's by then.
        `End it with: fleetcron machine undrain ${visible(name === hostname ? name : machineId)}`,
      ].join("\n"),
    );
    return EXIT.ok;
  });
}

/** `machine undrain`: the machine takes runs again. */
export function machineUndrain(call: Invocation, name: string): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const { rows } = await readMachineTable(fleet);
    const { machineId, hostname } = pickMachine(name, rows);
    const shown = machineNames(rows).get(machineId) ?? hostname;
    const { result } = await askOne(call, fleet, "undrain", { kind: "machine", name: machineId }, {}, rows);
    call.print.thing({ machine_id: machineId, draining: false }, () => `${visible(shown)}: ${visible(result)}`);
    return EXIT.ok;
  });
}

async function untilIdle(call: Invocation, fleet: Fleet, machineId: string, timeoutMs: number): Promise<void> {
  const { clock } = call.deps;
  const startedAt = clock.monotonicNow();
  for (;;) {
    const query = { jobId: undefined, statuses: ["waiting", "running"], since: undefined, limit: LIVE_MAX } as const;
    const live = (await fleet.runs.list(query)).filter((it) => it.machineId === machineId);
    if (live.length === 0) return;
    if (clock.monotonicNow() - startedAt >= timeoutMs) {
      const which = live.slice(0, 3).map((it) => `"${visible(it.id)}"`);
      const more = live.length > which.length ? ` and ${live.length - which.length} more` : "";
      throw new ExitError(EXIT.timedOut, `after ${exactLength(timeoutMs)} still going on: ${which.join(", ")}${more}`);
    }
    await clock.sleep(LOOK_MS);
  }
}
