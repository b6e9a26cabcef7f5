import { BlockList, isIP, isIPv4 } from "node:net";

/** A set of networks that knows an IPv4 address also in its IPv6 spellings. */
export interface AddressNets {
  has(address: string): boolean;
}

/** @param blocks CIDR blocks or single addresses; one that is neither throws a RangeError naming it */
export function createAddressNets(blocks: readonly string[]): AddressNets {
  const list = new BlockList();
  for (const block of blocks) addBlock(list, block);
  const holds = (address: string): boolean => list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
  return {
    has(address) {
      const bare = withoutZone(address);
      const inner = isIPv4(bare) ? undefined : embeddedIpv4(bare);
      return holds(bare) || (inner !== undefined && holds(inner));
    },
  };
}

/** `fe80::1%eth0` names an address and an interface. */
function withoutZone(address: string): string {
  return address.replace(/%.*$/, "");
}

function addBlock(list: BlockList, block: string): void {
  const [address = "", prefix] = block.split("/");
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (family === 0 || !(length >= 0 && length <= bits)) {
    throw new RangeError(`"${block}" is not a network: write it like 10.0.0.0/8 or fd00::/8`);
  }
  list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
}

/** The IPv4 address that a mapped (`::ffff:0:0/96`), compatible (`::/96`), NAT64 or 6to4 address leads to. */
function embeddedIpv4(address: string): string | undefined {
  const groups = ipv6Groups(address);
  const head = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(":");
  // 6to4 (2002::/16, RFC 3056) has it behind the prefix, the others at the end.
  if (groups[0] === 0x2002) return dotted(groups.slice(1, 3));
  // `::` and `::1` lie in ::/96 and lead nowhere else.
  const isCompatible = head === "0:0:0:0:0:0" && groups[6] !== 0;
  const isAtTheEnd = isCompatible || head === "0:0:0:0:0:ffff" || head === "64:ff9b:0:0:0:0";
  return isAtTheEnd ? dotted(groups.slice(6)) : undefined;
}

function dotted([high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

/** The eight 16-bit groups of an IPv6 address. */
function ipv6Groups(address: string): readonly number[] {
  // The URL parser writes every spelling in one way: hexadecimal groups and at most one `::`.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const first = parse(head);
  const last = parse(tail ?? "");
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}
