import type { MachineId } from "../model/machine.ts";
import type { Serial, SessionId } from "../model/member.ts";
import type { Run, RunChange, RunHold, RunId } from "../model/run.ts";

export interface RunWrite {
  readonly hold: RunHold;
  readonly change: RunChange;
  /** When the record may be removed, counted from the end; only with an end. */
  readonly keepMs: number | undefined;
}

/** `lost`: the run is no longer in this hold. `cancel_requested`: only an end as cancelled is accepted now. */
export type WriteOutcome = "stored" | "lost" | "cancel_requested";

/** Writes of an owner into its runs. */
export interface RunStore {
  /**
   * Applies each change if the run is live and still in that hold; `seq` grows by one. Outcomes in the order given.
   * Repeating a write that was applied answers `"stored"`.
   * @throws {StoreUnavailableError} when the outcome is unknown: repeat the same writes.
   */
  write(writes: readonly RunWrite[]): Promise<readonly WriteOutcome[]>;
}

/** Who gets a run. */
export interface RunOwner {
  readonly session: SessionId;
  readonly serial: Serial;
  readonly machineId: MachineId;
}

/** A run of a dead session, and who is to have it. */
export interface Reassignment {
  readonly hold: RunHold;
  readonly to: RunOwner;
  /** False: the run had no part in the end of its owner, so this does not count against it. */
  readonly isCounted: boolean;
}

/** A run in this very hold that its owner lets go of. seq grows, takeovers do not. */
export interface HandingBack {
  readonly hold: RunHold;
  /** Whose it becomes, with the next token; without one it is for whoever gets it when the owner's session is over. */
  readonly to: RunOwner | undefined;
  /** No attempt is in doubt. */
  readonly isUntouched: boolean;
}

/** How runs pass from dead sessions to live ones. */
export interface TakeoverStore {
  /** Sessions that hold live runs. A majority read; read it before the serials. */
  sessionsWithLiveRuns(): Promise<readonly SessionId[]>;
  liveRunsOf(session: SessionId): Promise<readonly Run[]>;
  /** Ids, holds and cancel flags of the live runs of an own session, cheaply. */
  liveHoldsOf(session: SessionId): Promise<readonly (RunHold & { readonly cancelRequested: boolean })[]>;
  /**
   * Gives each run of a dead session (session and token as read) to another; token and seq grow, and takeovers where it
   * counts and its former holder had not handed it back. Answers in the order given; true also for what an earlier try
   * of the same move has done.
   */
  reassign(moves: readonly Reassignment[]): Promise<readonly boolean[]>;
  /**
   * An owner that stops lets go of runs. Answers in the order given: false for a run that is not in this hold any more;
   * true also for what an earlier try of the same has done.
   */
  handBack(returns: readonly HandingBack[]): Promise<readonly boolean[]>;
  /**
   * Takes runs in an own session's name that it does not know of: token and seq grow, so late copies of own writes
   * fall flat. They count as begun from here on. Answers in the order given; `undefined` for a run that is not in this
   * hold any more, and for one of which it can't be said, as others of the call were not: both are looked for again.
   */
  adopt(holds: readonly RunHold[]): Promise<readonly (Run | undefined)[]>;
  /** Asks the owner to end the run as cancelled. The first reason given is the one that is kept. */
  requestCancel(run: RunId, reason: string): Promise<"requested" | "not_live" | "unknown_run">;
}
