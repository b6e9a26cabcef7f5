import { StoreUnavailableError } from "../model/errors.ts";
import type { NoRun, Run } from "../model/run.ts";
import type { ClaimOutcome, ClaimStore } from "../ports/claim-store.ts";
import type { DatabaseHealth } from "./database-health.ts";
import type { Execution } from "./execution.ts";
import type { RunRegister } from "./run-register.ts";
import type { Session } from "./session.ts";
import type { Slots } from "./slots.ts";

/** Records that travel in one insert. */
const BATCH_SIZE = 250;

export interface ClaimsDeps {
  readonly claims: ClaimStore;
  readonly execution: Execution;
  readonly register: RunRegister;
  readonly slots: Slots;
  readonly health: DatabaseHealth;
  readonly session: Session;
  /** True: claim nothing more. */
  readonly isStopping: () => boolean;
}

/** A record still to be made; a run is built when it is known whether a slot is free for it. */
export type Draft =
  | {
      readonly kind: "run";
      /** It is not to start yet: it takes no slot. */
      readonly waits?: boolean;
      build(hasSlot: boolean): Run;
    }
  /** A run in the name of another session, which finds it by itself. */
  | { readonly kind: "given"; readonly record: Run }
  | { readonly kind: "no_run"; readonly record: NoRun };

/** What a record came to: MongoDB may refuse one and take the others. */
export type RecordOutcome = ClaimOutcome | { readonly outcome: "refused"; readonly err: unknown };

/** Gives occurrences their record, and starts what was claimed as soon as its insert is acknowledged. */
export interface Claims {
  /**
   * Outcomes in the order given, or `undefined` when the session ended before MongoDB answered, or the agent stops.
   * Batches are under way side by side, so the first sends while later claims still travel.
   */
  record(drafts: readonly Draft[]): Promise<readonly RecordOutcome[] | undefined>;
}

export function createClaims(deps: ClaimsDeps): Claims {
  const { claims, execution, register, slots, health, session, isStopping } = deps;

  async function recordBatch(drafts: readonly Draft[]): Promise<readonly RecordOutcome[] | undefined> {
    const entries = drafts.map(enter);
    let outcomes: readonly RecordOutcome[] | undefined;
    try {
      outcomes = await insert(entries.map((it) => it.record));
    } finally {
      entries.forEach((entry, index) => {
        if (entry.control === undefined) return;
        if (outcomes?.[index]?.outcome === "inserted")
          execution.start(entry.run, session, entry.control, entry.hasSlot ? "claimed" : "waiting");
        else drop(entry);
      });
    }
    return outcomes;
  }

  /** When records are refused together, each is tried alone; those that were inserted already count as inserted. */
  async function insert(records: readonly (Run | NoRun)[]): Promise<readonly RecordOutcome[] | undefined> {
    try {
      return await health.untilAnswered(() => claims.insert(records), session.over);
    } catch (err) {
      if (err instanceof StoreUnavailableError) throw err;
      if (records.length === 1) return [{ outcome: "refused", err }];
    }
    const outcomes: RecordOutcome[] = [];
    for (const record of records) {
      const [outcome] = (await insert([record])) ?? [];
      if (outcome === undefined) return undefined;
      outcomes.push(outcome);
    }
    return outcomes;
  }

  function enter(draft: Draft): Entry {
    if (draft.kind !== "run") return { record: draft.record, control: undefined };
    const hasSlot = draft.waits !== true && slots.tryTake();
    const run = draft.build(hasSlot);
    const control = register.enter(run.id);
    if (control !== undefined) return { record: run, run, hasSlot, control };
    // An earlier try of this round claimed it, and it is under way here: the insert will find it there.
    if (hasSlot) slots.free();
    return { record: run, control: undefined };
  }

  function drop(entry: RunEntry): void {
    if (entry.hasSlot) slots.free();
    register.leave(entry.run.id, entry.control);
  }

  return {
    async record(drafts) {
      if (isStopping()) return undefined;
      const batches: Promise<readonly RecordOutcome[] | undefined>[] = [];
      for (let from = 0; from < drafts.length; from += BATCH_SIZE)
        batches.push(recordBatch(drafts.slice(from, from + BATCH_SIZE)));
      const outcomes = await Promise.all(batches);
      return outcomes.some((it) => it === undefined) ? undefined : outcomes.flatMap((it) => it ?? []);
    },
  };
}

interface RunEntry {
  readonly record: Run;
  readonly run: Run;
  readonly hasSlot: boolean;
  readonly control: AbortController;
}

type Entry = RunEntry | { readonly record: Run | NoRun; readonly control: undefined };
