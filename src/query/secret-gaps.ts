import { matches } from "../membership/eligible.ts";
import type { Where } from "../model/where.ts";
import { machineNames } from "./machine-names.ts";
import { isThere, type MachineRow } from "./machine-rows.ts";

/** A secret that a job names and machines lack that may run it. */
export interface SecretGap {
  readonly secret: string;
  readonly hostnames: readonly string[];
  /** What tells these machines apart from all others. */
  readonly names: readonly string[];
}

/**
 * What is missing where: machines tell the names of their secrets, and nothing else of them. Each live machine that the
 * job's `where` allows may come to run it, also by a takeover.
 */
export function secretGaps(
  named: readonly string[],
  where: Where,
  machines: readonly MachineRow[],
): readonly SecretGap[] {
  const able = machines.filter(
    (it) => it.serial !== null && isThere(it) && matches(where, { ...it, serial: it.serial }),
  );
  const names = machineNames(machines);
  return named.flatMap((secret) => {
    const lacking = able.filter((it) => !it.secretNames.includes(secret));
    const hostnames = lacking.map((it) => it.hostname);
    return lacking.length === 0
      ? []
      : [{ secret, hostnames, names: lacking.map((it) => names.get(it.machineId) ?? it.hostname) }];
  });
}
