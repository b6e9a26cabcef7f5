import type { MachineIdentity } from "../model/machine.ts";
import type { Lease, MemberTraits, Serial, SerialSighting, SessionId } from "../model/member.ts";
import type { EpochMs } from "../model/time.ts";

export type TakeResult =
  | { readonly outcome: "taken"; readonly lease: Lease }
  | { readonly outcome: "none_free" }
  /** A serial already names this machine: the same machine's former session, or a copied id. */
  | { readonly outcome: "machine_held"; readonly holder: SerialSighting };

/** A machine that takes a serial, with what it tells the others about itself. */
export type JoiningMachine = MachineIdentity & MemberTraits;

/** The serials and their leases. Lease times are the server's. */
export interface SerialStore {
  /** Makes sure that serials 1 to `max` exist. Safe to repeat, and for many agents at once. */
  prepare(max: number): Promise<void>;
  /**
   * Takes a free serial no higher than `max`: one that this machine held last if there is one, else the lowest.
   * Repeating it with the same session answers `"taken"` with what the first try got.
   * @throws {StoreUnavailableError} when the outcome is unknown: repeat with the same session, or reap what it left.
   */
  take(session: SessionId, machine: JoiningMachine, max: number, ttlMs: number): Promise<TakeResult>;
  /** An agent in the same place replaces its own former session at once. `undefined`: that session is gone; take anew. */
  replace(former: Lease, session: SessionId, machine: JoiningMachine, ttlMs: number): Promise<Lease | undefined>;
  /**
   * Lengthens the lease, also one that has expired but was not reaped, and tells what the member is like at present.
   * `serverTime` is the server's clock at the renewal. `"over"`: the session has ended, for good.
   */
  renew(
    lease: Lease,
    traits: MemberTraits,
    ttlMs: number,
  ): Promise<{ readonly outcome: "renewed"; readonly serverTime: EpochMs } | { readonly outcome: "over" }>;
  /**
   * Ends another's session, if its (token, heartbeat) is still what was watched and the server's clock agrees
   * that the lease is over (or lies absurdly far ahead: the clock went back).
   */
  reap(watched: SerialSighting, ttlMs: number): Promise<boolean>;
  /** Frees an own serial. False when the session was over already. */
  release(lease: Lease): Promise<boolean>;
  /** All serials in use, lowest first. A majority read. */
  readHeld(): Promise<readonly SerialSighting[]>;
  readSerial(serial: Serial): Promise<SerialSighting | undefined>;
}
