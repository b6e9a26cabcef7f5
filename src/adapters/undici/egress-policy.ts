import { isIP } from "node:net";
import type { Egress } from "../../model/config.ts";
import { createAddressNets } from "./address-nets.ts";
import { createHostPattern } from "./host-pattern.ts";
import { readableHostname } from "./readable-host.ts";

/**
 * Where this machine's requests may go. Whoever may write jobs can name any URL, so the policy lives in the config of
 * the machine, and is asked for every hop and every address that a name resolves to.
 *
 * Always refused, unless `allow_hosts` names the host or address without a `*`: link-local addresses and cloud metadata,
 * multicast, 0.0.0.0/8, and the MongoDB of the fleet. `deny_nets` and `public_only` hold for listed hosts too.
 */
export interface EgressPolicy {
  /** Why this host is refused by its name or literal address, or `undefined`. */
  refusesHost(host: string, port: number): string | undefined;
  /** Why this address of a host is refused, or `undefined`. */
  refusesAddress(host: string, address: string, port: number): string | undefined;
  /** Hosts of MongoDB at this port, whose addresses are refused too. */
  mongodbHostsAt(port: number): readonly string[];
  /** Why an address of MongoDB is refused, or `undefined` when `allow_hosts` names it. */
  refusesMongodb(host: string, address: string, port: number): string | undefined;
  isLoopback(address: string): boolean;
}

const LOOPBACK = ["127.0.0.0/8", "::1"];
const NEVER = [
  "0.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "255.255.255.255",
  "::",
  "fe80::/10",
  "ff00::/8",
  // Metadata of clouds outside the link-local nets: Amazon, Google, Alibaba, Azure, Oracle.
  "fd00:ec2::254",
  "fd20:ce::254",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
];
const NOT_PUBLIC = [
  ...LOOPBACK,
  "10.0.0.0/8",
  "100.64.0.0/10",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "240.0.0.0/4",
  "fc00::/7",
  "fec0::/10",
];

/**
 * @param mongodbHosts `host:port` of the MongoDB servers known by now; asked anew for every hop
 * @throws {RangeError} when an entry of `deny_nets` is not a network
 */
export function createEgressPolicy(egress: Egress, mongodbHosts: () => readonly string[]): EgressPolicy {
  const allowed = egress.allowHosts.map(createHostPattern);
  const never = createAddressNets(NEVER);
  const denied = createAddressNets(egress.denyNets);
  const notPublic = createAddressNets(NOT_PUBLIC);
  const loopback = createAddressNets(LOOPBACK);
  const mongodb = () => mongodbHosts().map(hostAndPort);

  const isNamed = (host: string, address: string, port: number): boolean =>
    allowed.some((entry) => entry.isExact && (entry.matches(host, port) || entry.matches(address, port)));

  function refusesMongodb(host: string, address: string, port: number): string | undefined {
    if (isNamed(host, address, port)) return undefined;
    return `${readableHostname(host)}:${port} is refused: it is the fleet's MongoDB`;
  }

  function refusesAddress(host: string, address: string, port: number): string | undefined {
    const what = host === address ? host : `${readableHostname(host)} (${address})`;
    if (never.has(address) && !isNamed(host, address, port)) {
      return `${what} is refused: link-local, metadata, multicast and unspecified addresses are requested only if egress.allow_hosts names them`;
    }
    if (denied.has(address)) return `${what} is refused: it lies in egress.deny_nets`;
    if (egress.publicOnly && notPublic.has(address))
      return `${what} is refused: egress.public_only keeps to public addresses`;
    return undefined;
  }

  function refusesHost(host: string, port: number): string | undefined {
    if (allowed.length > 0 && !allowed.some((entry) => entry.matches(host, port))) {
      return `${readableHostname(host)} is refused: egress.allow_hosts does not list it`;
    }
    if (mongodb().some((known) => known.host === host.toLowerCase() && known.port === port)) {
      const refusal = refusesMongodb(host, host, port);
      if (refusal !== undefined) return refusal;
    }
    return isIP(host) === 0 ? undefined : refusesAddress(host, host, port);
  }

  return {
    refusesHost,
    refusesAddress,
    refusesMongodb,
    mongodbHostsAt: (port) =>
      mongodb()
        .filter((known) => known.port === port)
        .map((known) => known.host),
    isLoopback: (address) => loopback.has(address),
  };
}

const MONGODB_PORT = 27017;

function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const match = /^(.*?)(?::(\d+))?$/.exec(text.trim().toLowerCase());
  const host = match?.[1] ?? text;
  const isBareIpv6 = isIP(text) === 6;
  return {
    host: isBareIpv6 ? text : host.replace(/^\[(.*)\]$/, "$1"),
    port: isBareIpv6 || match?.[2] === undefined ? MONGODB_PORT : Number(match[2]),
  };
}
