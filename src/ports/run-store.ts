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

/** How runs pass from dead sessions to live ones. */
export interface TakeoverStore {
  /** Sessions that hold live runs. A majority read; read it before the serials. */
  sessionsWithLiveRuns(): Promise<readonly SessionId[]>;
  liveRunsOf(session: SessionId): Promise<readonly Run[]>;
  /** Ids, holds and cancel flags of the live runs of an own session, cheaply. */
  liveHoldsOf(session: SessionId): Promise<readonly (RunHold & { readonly cancelRequested: boolean })[]>;
  /**
   * Gives a run of a dead session (session and token as read) to another; token and seq grow, and takeovers unless its
   * former holder had handed it back.
   */
  reassign(run: RunHold, to: RunOwner): Promise<boolean>;
  /**
   * An owner that stops lets go of a run in this very hold: to another session, with the next token, or, without one,
   * for whoever gets it when its own session is over. `isUntouched`: no attempt is in doubt. seq grows, takeovers do not.
   */
  handBack(hold: RunHold, to: RunOwner | undefined, isUntouched: boolean): Promise<boolean>;
  /**
   * Takes a run in an own session's name that it does not know of: token and seq grow, so late copies of own writes
   * fall flat. It counts as begun from here on.
   */
  adopt(hold: RunHold): Promise<Run | undefined>;
  /** Asks the owner to end the run as cancelled. The first reason given is the one that is kept. */
  requestCancel(run: RunId, reason: string): Promise<"requested" | "not_live" | "unknown_run">;
}
