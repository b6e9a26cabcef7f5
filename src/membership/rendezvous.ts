import { createHash } from "node:crypto";

/** Gives each key to one of some members, the same one wherever it is asked. */
export interface Rendezvous<Member> {
  /** The member of a key; `undefined` when there are none. */
  pick(key: string): Member | undefined;
}

/**
 * The member that everybody picks for a key without asking: the one with the highest hash of (key, member).
 * When a member goes, only its keys move (Thaler and Ravishankar, highest random weight).
 * Names and keys are digested once each, since every job is weighed against every member.
 */
export function createRendezvous<Member>(
  members: readonly Member[],
  nameOf: (member: Member) => string,
): Rendezvous<Member> {
  const digested = members.map((member) => ({ member, name: nameOf(member), digest: digestOf(nameOf(member)) }));
  // What is left to chance alone: two members of the same weight stand in the order of their names.
  digested.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    pick(key) {
      const { high, low } = digestOf(key);
      let best: Member | undefined;
      let bestHigh = -1;
      let bestLow = -1;
      for (const { member, digest } of digested) {
        const weightHigh = scattered(high ^ digest.high);
        if (weightHigh < bestHigh) continue;
        const weightLow = scattered(low ^ digest.low);
        if (weightHigh === bestHigh && weightLow <= bestLow) continue;
        best = member;
        bestHigh = weightHigh;
        bestLow = weightLow;
      }
      return best;
    },
  };
}

/** One pick among members that are asked for nothing else. */
export function pickByRendezvous<Member>(
  key: string,
  members: readonly Member[],
  nameOf: (member: Member) => string,
): Member | undefined {
  return createRendezvous(members, nameOf).pick(key);
}

function digestOf(text: string): { readonly high: number; readonly low: number } {
  const digest = createHash("sha256").update(text).digest();
  return { high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
}

/** Every bit of 32 depends on every bit: the finalizer of MurmurHash3. */
function scattered(bits: number): number {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
