import { matches } from "../membership/eligible.ts";
import type { Where } from "../model/where.ts";
import { isThere, type MachineRow } from "./machine-rows.ts";

/** A secret that a job names and machines lack that may run it. */
export interface SecretGap {
  readonly secret: string;
  readonly hostnames: readonly string[];
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
  return named.flatMap((secret) => {
    const hostnames = able.filter((it) => !it.secretNames.includes(secret)).map((it) => it.hostname);
    return hostnames.length === 0 ? [] : [{ secret, hostnames }];
  });
}
