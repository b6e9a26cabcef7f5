import type { AckStatus, Command } from "../model/command.ts";
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

/** Whose answer it is: `machineId`, `leader` or `serial:3`. */
export type AckKey = string;

export interface CommandStore {
  /** Commands that are not in `known`, oldest insertion first, at most `limit`. */
  readUnknown(known: ReadonlySet<string>, limit: number): Promise<readonly CommandDocument[]>;
  /**
   * Stamps the command with the server's time if nobody has, and answers the stamp and the time now. `isFirst`: this
   * call made the stamp; at most one call in the fleet is told so, and none when the reply to that one was lost.
   */
  see(
    command: string,
    verdict: { readonly status: "seen" | "rejected"; readonly reason: string | undefined },
  ): Promise<{ readonly sight: FirstSight; readonly now: EpochMs; readonly isFirst: boolean }>;
  /** Of these commands, those that already have an answer under this key. */
  answered(commands: readonly string[], key: AckKey): Promise<ReadonlySet<string>>;
  /** The insert is the claim: `"exists"` when somebody answered under this key already. */
  acknowledge(
    command: string,
    key: AckKey,
    ack: { readonly status: AckStatus; readonly result: string; readonly machineId: string },
  ): Promise<"stored" | "exists">;
  /** Removes commands first seen longer ago than this; their acknowledgements outlive them. */
  removeSeenBefore(ageMs: number): Promise<number>;
}
