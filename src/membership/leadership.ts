import type { Leader, Lease, Serial, SerialSighting } from "../model/member.ts";

/** How many serials behind the leader watch everybody and try to lead first. */
export const DEPUTIES = 2;

export type LeaderDecision =
  | { readonly kind: "stay" }
  /** The leader's session is dead: try to move the leadership to ourselves. */
  | { readonly kind: "take" }
  /** We lead, and a lower serial is alive: it is its turn. */
  | { readonly kind: "hand_over"; readonly to: SerialSighting };

/**
 * Who should lead, seen by one member. Leadership saves work; it keeps nothing single.
 * @param held the live serials, lowest first
 * @param isBeating whether a serial's heartbeat was seen to move, so that nobody hands over to somebody who just died
 * @param scansWithoutLeader how many scans in a row, this one included, found the leader's session dead
 */
export function decideLeadership(
  leader: Leader,
  self: Lease,
  held: readonly SerialSighting[],
  isBeating: (serial: Serial) => boolean,
  scansWithoutLeader: number,
): LeaderDecision {
  if (leader.session === self.session) {
    const lower = held.find((it) => it.serial < self.serial && isBeating(it.serial));
    return lower === undefined ? { kind: "stay" } : { kind: "hand_over", to: lower };
  }
  if (isLeaderAlive(leader, held)) return { kind: "stay" };
  const rank = held.findIndex((it) => it.session === self.session);
  if (rank < 0) return { kind: "stay" };
  const isFirstToTry = rank < DEPUTIES;
  return isFirstToTry || scansWithoutLeader > 1 ? { kind: "take" } : { kind: "stay" };
}

/** A session is alive if and only if a serial names it. */
export function isLeaderAlive(leader: Leader, held: readonly SerialSighting[]): boolean {
  return leader.session !== null && held.some((it) => it.session === leader.session);
}

/** The leader and its deputies watch every serial; the others watch the leader's alone. */
export function watchesEverybody(self: Lease, held: readonly SerialSighting[]): boolean {
  const rank = held.findIndex((it) => it.session === self.session);
  return rank <= DEPUTIES;
}
