import { StoreRefusedError, StoreUnavailableError } from "../../../src/model/errors.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Carry } from "../memory/carried.ts";

/** What becomes of one operation on its way between a machine and the database. */
export type Fate =
  | "answered"
  /** It never takes effect. */
  | "request lost"
  /** It takes effect at once, and nobody tells. */
  | "reply lost"
  /** It takes effect some seconds after it was given up. */
  | "late"
  /** MongoDB says no. */
  | "refused";

/** How long a machine waits for an answer that does not come. */
const PATIENCE_MS = 1_000;

/** The way between one machine and the database. Operations are called as `serials.renew`, `claims.insert`. */
export interface Network {
  /** The next operations of a kind meet this fate: so many of them, or all when no number is given. */
  fate(operation: string, fate: Fate, times?: number): void;
  /** Asked for each operation that `fate` says nothing about. */
  decide: (operation: string) => Fate;
  /** From now on nothing gets through. */
  cut(): void;
  mend(): void;
  /** How long each operation takes before it arrives. */
  latencyMs: (operation: string) => number;
  /** How much later than it was given up an operation takes effect when it is `late`. */
  lateMs: () => number;
  /** Called after each operation that took effect, before its answer goes back. */
  onEffect: (operation: string) => void;
  readonly carry: Carry;
}

export function createNetwork(time: Clock): Network {
  const planned = new Map<string, { readonly fate: Fate; left: number }>();
  let isCut = false;

  function next(operation: string): Fate {
    const plan = planned.get(operation);
    if (plan === undefined) return network.decide(operation);
    plan.left--;
    if (plan.left <= 0) planned.delete(operation);
    return plan.fate;
  }

  async function lose(operation: string): Promise<never> {
    await time.sleep(PATIENCE_MS);
    throw new StoreUnavailableError(operation, new Error("injected by a test"));
  }

  async function carry(operation: string, act: () => Promise<unknown>): Promise<unknown> {
    const latencyMs = network.latencyMs(operation);
    if (latencyMs > 0) await time.sleep(latencyMs);
    const fate = next(operation);
    if (isCut || fate === "request lost") return lose(operation);
    if (fate === "refused") throw new StoreRefusedError(operation, "injected by a test", undefined);
    if (fate === "late") {
      void time.sleep(PATIENCE_MS + network.lateMs()).then(act);
      return lose(operation);
    }
    const answer = await act();
    network.onEffect(operation);
    return fate === "reply lost" || isCut ? lose(operation) : answer;
  }

  const network: Network = {
    fate(operation, fate, times = Number.POSITIVE_INFINITY) {
      if (times > 0 && fate !== "answered") planned.set(operation, { fate, left: times });
      else planned.delete(operation);
    },
    decide: () => "answered",
    cut() {
      isCut = true;
    },
    mend() {
      isCut = false;
    },
    latencyMs: () => 0,
    lateMs: () => 5_000,
    onEffect: () => {},
    carry,
  };
  return network;
}
