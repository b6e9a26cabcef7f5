import { EXIT, type ExitCode, ExitError } from "../../model/errors.ts";
import { machineNames } from "../../query/machine-names.ts";
import { isThere, readMachineTable } from "../../query/machine-rows.ts";
import { type Invocation, withFleet } from "../invocation.ts";
import { pickMachine } from "../pick-target.ts";
import { visible } from "../print/visible.ts";

/** `machine forget`: removes what the database keeps of a machine that is gone for good; its runs stay. */
export function machineForget(call: Invocation, asked: string): Promise<ExitCode> {
  return withFleet(call, async (fleet) => {
    const { rows } = await readMachineTable(fleet);
    const machine = pickMachine(asked, rows);
    const { machineId } = machine;
    const name = machineNames(rows).get(machineId) ?? machine.hostname;
    if (machine.serial !== null || isThere(machine) || !(await fleet.machines.forget(machineId))) {
      throw new ExitError(
        EXIT.conflict,
        `${visible(name)} lives: it is ${visible(machine.state)}`,
        "Stop its agent first; one that has died is let go when its lease is over.",
      );
    }
    call.print.thing({ machine_id: machineId, forgotten: true }, () => {
      return `Forgot ${visible(name)}. Should its agent start again, it joins like any other machine`;
    });
    return EXIT.ok;
  });
}
