import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { EgressPolicy } from "./egress-policy.ts";

/** All addresses of a host name. Rejects as the system's look-up does. */
export type LookUp = (host: string) => Promise<readonly LookupAddress[]>;

/** Our own policy refused a host: nothing was sent to it. */
export class EgressRefusedError extends Error {
  override readonly name = "EgressRefusedError";
}

/**
 * The addresses of a host, all of them checked. The socket is connected to exactly these, so that no second look-up
 * can answer something else.
 * @throws {EgressRefusedError} when the policy refuses the host or any of its addresses
 */
export async function checkedAddresses(
  policy: EgressPolicy,
  lookUp: LookUp,
  host: string,
  port: number,
): Promise<readonly LookupAddress[]> {
  const refusal = policy.refusesHost(host, port);
  if (refusal !== undefined) throw new EgressRefusedError(refusal);
  const family = isIP(host);
  const addresses = family === 0 ? await lookUp(host) : [{ address: host, family }];
  for (const { address } of addresses) {
    const reason =
      policy.refusesAddress(host, address, port) ?? (await refusesAsMongodb(policy, lookUp, host, address, port));
    if (reason !== undefined) throw new EgressRefusedError(reason);
  }
  return addresses;
}

/** A name of its own, or another loopback address, must not lead to MongoDB either. */
async function refusesAsMongodb(policy: EgressPolicy, lookUp: LookUp, host: string, address: string, port: number) {
  for (const mongodbHost of policy.mongodbHostsAt(port)) {
    const found = await lookUp(mongodbHost).catch((): readonly LookupAddress[] => []);
    const isSame = found.some(
      (one) => one.address === address || (policy.isLoopback(one.address) && policy.isLoopback(address)),
    );
    if (isSame) return policy.refusesMongodb(host, address, port);
  }
  return undefined;
}
