import type { AckStatus, Command } from "../model/command.ts";
import type { MachineId } from "../model/machine.ts";
import type { Parsed } from "../model/problem.ts";
import type { EpochMs } from "../model/time.ts";

export interface CommandDocument {
  readonly id: string;
  readonly type: string;
  readonly parsed: Parsed<Command>;
}

/** The fleet's first sight of a command; its age counts from `at`, by the server's clock. */
export interface FirstSight {
  readonly at: EpochMs;
  /** `expired`: it was there when the database was first used. */
  readonly status: "seen" | "rejected" | "expired";
}

/** What whoever sees a command first says of it. */
export interface FirstVerdict {
  readonly command: string;
  readonly status: "seen" | "rejected";
  /** Why it was rejected. */
  readonly reason: string | undefined;
}

/** Whose answer it is: `machineId`, `leader` or `serial:3`. */
export type AckKey = string;

/** One command and whose answer to it. */
interface AckOf {
  readonly command: string;
  readonly key: AckKey;
}

export interface Acknowledgement extends AckOf {
  readonly status: AckStatus;
  readonly result: string;
  readonly machineId: string;
}

/** Everything that is asked for several commands is one round trip or a few, however many there are. */
export interface CommandStore {
  /** Commands that are not in `known`, oldest insertion first, at most `limit`. */
  readUnknown(known: ReadonlySet<string>, limit: number): Promise<readonly CommandDocument[]>;
  /**
   * Commands that this machine need not look at, as far as is known without reading them: it has answered them, or
   * whoever had to answer alone has, or nobody may act on them.
   */
  readSettled(machine: MachineId): Promise<ReadonlySet<string>>;
  /**
   * Stamps the commands with the server's time if nobody has, and answers the stamps in order and the time now.
   * `isFirst`: this call made the stamp; at most one call in the fleet is told so, and none when the reply to that one
   * was lost.
   */
  see(verdicts: readonly FirstVerdict[]): Promise<{
    readonly now: EpochMs;
    readonly sights: readonly (FirstSight & { readonly isFirst: boolean })[];
  }>;
  /** Of these commands, those that already have an answer under the key beside them. */
  answered(asked: readonly AckOf[]): Promise<ReadonlySet<string>>;
  /**
   * The insert is the claim: `"exists"` when somebody answered under this key already. Outcomes in the order given; the
   * same words of the same machine are an earlier try and count as stored.
   */
  acknowledge(acks: readonly Acknowledgement[]): Promise<readonly ("stored" | "exists")[]>;
  /** Removes commands first seen longer ago than this; their acknowledgements outlive them. */
  removeSeenBefore(ageMs: number): Promise<number>;
}
