import type { Leader, Member } from "../model/member.ts";

/** The live members as the leader last published them. */
export interface FleetView {
  /** Grows with every change. */
  readonly version: number;
  readonly members: readonly Member[];
}

/** What names a leader. */
export type NextLeader = Pick<Member, "serial" | "session" | "machineId">;

/** The one document that says whom the fleet follows, and the view it publishes. */
export interface LeaderStore {
  /**
   * A majority read of both. Of the view no more than the news is read, since it grows with the fleet and everybody
   * looks at every scan.
   * @param known the view as it was last read; it comes back as it is while nothing in it has changed
   */
  read(known?: FleetView): Promise<{ readonly leader: Leader; readonly view: FleetView }>;
  /**
   * Moves the leadership from the session and term that were read to another; the term grows by one.
   * The new leader, or `undefined` when somebody else moved it first.
   * @throws {StoreUnavailableError} when the outcome is unknown: read again.
   */
  move(from: Leader, to: NextLeader): Promise<Leader | undefined>;
  /** Publishes a view under this term; false when another leads by now. */
  publish(term: number, members: readonly Member[]): Promise<boolean>;
}
