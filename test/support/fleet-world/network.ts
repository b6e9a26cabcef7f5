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

/** The way between one machine and the database. Operations are called as `serials.renew`, `claims.insert`. */
export interface Network {
  /** The next operations of a kind meet this fate: so many of them, or all when no number is given. */
  fate(operation: string, fate: Fate, times?: number): void;
  /** Asked for each operation that `fate` says nothing about. */
  decide: (operation: string) => Fate;
  /** From now on nothing gets through. */
  cut(): void;
  mend(): void;
  /** How long each operation takes before it arrives; beyond the patience it arrives when it has been given up. */
  latencyMs: (operation: string) => number;
  /** How long each answer takes; beyond the patience it comes too late. */
  replyMs: (operation: string) => number;
  /** How long the machine waits for an answer that does not come. */
  patienceMs: number;
  /** How much later than it was given up an operation takes effect when it is `late`. */
  lateMs: (operation: string) => number;
  /** Called after each operation that took effect, before its answer goes back. */
  onEffect: (operation: string) => void;
  readonly isCut: boolean;
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

  async function lose(operation: string, waitedMs: number): Promise<never> {
    await time.sleep(Math.max(0, network.patienceMs - waitedMs));
    throw new StoreUnavailableError(operation, new Error("injected by a test"));
  }

  function arriveLate(act: () => Promise<unknown>, afterMs: number): void {
    void time.sleep(afterMs).then(act);
  }

  async function carry(operation: string, act: () => Promise<unknown>): Promise<unknown> {
    const latencyMs = network.latencyMs(operation);
    if (latencyMs >= network.patienceMs && !isCut) {
      arriveLate(act, latencyMs);
      return lose(operation, 0);
    }
    if (latencyMs > 0) await time.sleep(latencyMs);
    const fate = next(operation);
    if (isCut || fate === "request lost") return lose(operation, latencyMs);
    if (fate === "refused") throw new StoreRefusedError(operation, "injected by a test", undefined);
    if (fate === "late") {
      arriveLate(act, network.patienceMs + network.lateMs(operation));
      return lose(operation, latencyMs);
    }
    const answer = await act();
    network.onEffect(operation);
    if (fate === "reply lost" || isCut) return lose(operation, latencyMs);
    const replyMs = network.replyMs(operation);
    if (latencyMs + replyMs >= network.patienceMs) return lose(operation, latencyMs);
    if (replyMs > 0) await time.sleep(replyMs);
    return isCut ? lose(operation, latencyMs + replyMs) : answer;
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
    replyMs: () => 0,
    patienceMs: 1_000,
    lateMs: () => 5_000,
    onEffect: () => {},
    get isCut() {
      return isCut;
    },
    carry,
  };
  return network;
}
