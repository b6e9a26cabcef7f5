import { createHash } from "node:crypto";

/**
 * The member that everybody picks for a key without asking: the one with the highest hash of (key, member).
 * When a member goes, only its keys move (Thaler and Ravishankar, highest random weight).
 * @returns `undefined` for no members
 */
export function pickByRendezvous<Member>(
  key: string,
  members: readonly Member[],
  nameOf: (member: Member) => string,
): Member | undefined {
  let best: { member: Member; weight: string } | undefined;
  for (const member of members) {
    const weight = createHash("sha256")
      .update(`${key}\n${nameOf(member)}`)
      .digest("hex");
    if (best === undefined || weight > best.weight) best = { member, weight };
  }
  return best?.member;
}
