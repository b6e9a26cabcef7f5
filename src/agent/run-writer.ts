import { StoreRefusedError, StoreUnavailableError } from "../model/errors.ts";
import type { RunChange, RunHold } from "../model/run.ts";
import type { RunStore, RunWrite, WriteOutcome } from "../ports/run-store.ts";
import type { DatabaseHealth } from "./database-health.ts";

/** Most writes that travel together. */
const BATCH_MAX = 500;

/**
 * Writes of many runs, gathered: one bulk write is under way, the next carries whatever has come meanwhile. A write that
 * MongoDB refuses for its own sake fails alone; one that is refused like everything else waits.
 */
export interface RunWriter {
  /** Resolves when MongoDB has answered, however long it is away; `"lost"` when the signal aborts first. */
  write(hold: RunHold, change: RunChange, keepMs: number | undefined, signal: AbortSignal): Promise<WriteOutcome>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly write: RunWrite;
  readonly signal: AbortSignal;
  readonly settle: (outcome: WriteOutcome) => void;
  readonly fail: (err: unknown) => void;
}

export function createRunWriter({
  runs,
  health,
}: {
  readonly runs: RunStore;
  readonly health: DatabaseHealth;
}): RunWriter {
  const queue: Waiting[] = [];
  let flushing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    // A turn of the microtask queue lets writes that become ready together travel together.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH_MAX).filter((it) => !isGivenUp(it));
      if (batch.length > 0) await send(batch);
    }
    flushing = undefined;
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    const given = new AbortController();
    const check = () => {
      if (batch.every((it) => it.signal.aborted)) given.abort();
    };
    for (const it of batch) it.signal.addEventListener("abort", check, { once: true });
    try {
      const attempt = () => runs.write(batch.map((it) => it.write)).catch(worthRepeating);
      const outcomes = await health.untilAnswered(attempt, given.signal);
      batch.forEach((it, index) => it.settle(outcomes?.[index] ?? "lost"));
    } catch (err) {
      const [only, second] = batch;
      if (second === undefined) return only?.fail(err);
      // MongoDB refuses one of them, and which is not said: those that were applied already answer "stored" again.
      for (const it of batch) if (!isGivenUp(it)) await send([it]);
    } finally {
      for (const it of batch) it.signal.removeEventListener("abort", check);
    }
  }

  return {
    write(hold, change, keepMs, signal) {
      return new Promise((settle, fail) => {
        queue.push({ write: { hold, change, keepMs }, signal, settle, fail });
        flushing ??= flush();
      });
    },
    async idle() {
      while (flushing !== undefined) await flushing;
    },
  };
}

/** An account that lost its rights says nothing about this write: what a step came to is kept until it has them again. */
function worthRepeating(err: unknown): never {
  if (err instanceof StoreRefusedError && err.isGeneral) throw new StoreUnavailableError(err.operation, err);
  throw err;
}

function isGivenUp(it: Waiting): boolean {
  if (it.signal.aborted) it.settle("lost");
  return it.signal.aborted;
}
