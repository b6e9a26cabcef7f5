import type { MachineId } from "../model/machine.ts";

/** What tells machines apart. */
interface NamedMachine {
  readonly machineId: MachineId;
  readonly hostname: string;
  readonly serial: number | null | undefined;
}

/**
 * How people tell these machines apart: by the hostname, where several have it `vm (serial 2)`, and by the machine id where
 * that does not do either.
 */
export function machineNames(machines: readonly NamedMachine[]): ReadonlyMap<string, string> {
  const byHost = counted(machines.map((it) => it.hostname));
  const bySerial = counted(machines.map(withSerial));
  return new Map(
    machines.map((it) => {
      if (byHost.get(it.hostname) === 1) return [it.machineId, it.hostname];
      const isClear = typeof it.serial === "number" && bySerial.get(withSerial(it)) === 1;
      return [it.machineId, isClear ? withSerial(it) : it.machineId];
    }),
  );
}

function withSerial({ hostname, serial }: NamedMachine): string {
  return `${hostname} (serial ${serial})`;
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
