import { expect, test } from "vitest";
import type { MachineId } from "../../src/model/machine.ts";
import { machineNames } from "../../src/query/machine-names.ts";

function machine(id: string, hostname: string, serial: number | null) {
  return { machineId: id as MachineId, hostname, serial };
}

test("machines go by their hostname, several with the same by their serial too, and by their id where that is not clear", () => {
  const names = machineNames([
    machine("1", "db", 1),
    machine("2", "vm", 2),
    machine("3", "vm", 3),
    machine("4", "vm", null),
    machine("5", "web", 5),
    machine("6", "web", 5),
  ]);
  expect(Object.fromEntries(names)).toEqual({
    1: "db",
    2: "vm (serial 2)",
    3: "vm (serial 3)",
    4: "4",
    5: "5",
    6: "6",
  });
});
