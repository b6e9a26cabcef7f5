import type { EndStatus, RunEnd, Step, StepKey } from "../../model/run.ts";
import { stepKey } from "../../model/run.ts";
import { jsonText } from "../../model/json-text.ts";
import type { WriteOutcome } from "../../ports/run-store.ts";
import type { ChainPorts, ChainResult } from "../chain-ports.ts";
import type { RecordBytes } from "./step-text.ts";

/**
 * What is known of the steps of a run, and which of it is not stored yet. Branches of a run save side by side: one write
 * is under way, the next carries whatever was noted meanwhile.
 */
export interface RunRecord {
  get(key: StepKey): Step | undefined;
  /** All of them, in no order. */
  readonly steps: Iterable<Step>;
  readonly bytes: RecordBytes;
  /** Whether a step is stored as it is noted. */
  isStored(key: StepKey): boolean;
  /** Keeps a step for the next write. */
  note(...steps: readonly Step[]): void;
  /** Takes out all that lies below a step; its own record stays. */
  forgetBelow(key: StepKey): void;
  /** Resolves when all that was noted before is stored, or refused. */
  save(): Promise<WriteOutcome>;
  /** Stores what was noted together with the end of the run. */
  end(status: EndStatus, reason: string | undefined): Promise<ChainResult>;
  /** From here on writes are made although a cancel was requested: they clean up after it. */
  writeDespiteCancel(): void;
}

/** Where whoever asked for it gave no reason of its own. */
export const CANCELLED_REASON = "cancelled on request";

export function createRunRecord(
  stored: readonly Step[],
  { store, now, onStep }: Pick<ChainPorts, "store" | "now" | "onStep">,
): RunRecord {
  const steps = new Map<StepKey, Step>();
  /** Keys by parent: a run may have a hundred thousand steps, and each item that ends forgets its own. */
  const below = new Map<StepKey, Set<StepKey>>();
  const bytes = { samples: 0, errors: 0, values: 0 };
  let unstored = new Map<StepKey, Step>();
  let forgotten = new Set<StepKey>();
  let isDespiteCancel = false;
  let writing: Promise<WriteOutcome> | undefined;
  let following: Promise<WriteOutcome> | undefined;

  for (const step of stored) put(stepKey(step), step);

  function put(key: StepKey, step: Step | undefined): void {
    count(steps.get(key), -1);
    count(step, 1);
    if (step === undefined) steps.delete(key);
    else {
      steps.set(key, step);
      if (step.parent !== undefined) below.set(step.parent, (below.get(step.parent) ?? new Set()).add(key));
    }
  }

  function forgetBelow(key: StepKey): void {
    const children = below.get(key) ?? [];
    below.delete(key);
    for (const child of children) {
      forgetBelow(child);
      put(child, undefined);
      unstored.delete(child);
      forgotten.add(child);
    }
  }

  function count(step: Step | undefined, sign: 1 | -1): void {
    bytes.samples += sign * Buffer.byteLength(step?.responseSample ?? "");
    bytes.errors += sign * Buffer.byteLength(step?.error ?? "");
    bytes.values += sign * valueBytes(step);
  }

  function note(...noted: readonly Step[]): void {
    for (const step of noted) {
      const key = stepKey(step);
      put(key, step);
      unstored.set(key, step);
      onStep?.(step);
    }
  }

  async function write(): Promise<WriteOutcome> {
    // Branches that become ready together travel together.
    await Promise.resolve();
    if (unstored.size === 0 && forgotten.size === 0) return "stored";
    const [sent, left] = [unstored, forgotten];
    unstored = new Map();
    forgotten = new Set();
    const outcome = await store({
      steps: [...sent.values()],
      ...(left.size === 0 ? {} : { forgotten: [...left] }),
      ...(isDespiteCancel ? { despiteCancel: true } : {}),
    });
    if (outcome !== "stored") {
      // What was forgotten meanwhile stays so.
      const needed = [...sent].filter(([key]) => steps.has(key));
      unstored = new Map([...needed, ...unstored]);
      forgotten = new Set([...left, ...forgotten]);
    }
    return outcome;
  }

  function begin(): Promise<WriteOutcome> {
    const begun = write().finally(() => {
      // Where another waits for this one, it is next: whoever comes before it has begun shares it.
      if (writing === begun && following === undefined) writing = undefined;
    });
    writing = begun;
    return begun;
  }

  async function end(status: EndStatus, reason: string | undefined): Promise<ChainResult> {
    while (writing !== undefined) await (following ?? writing);
    const last: RunEnd = { status, reason, endAt: now() };
    const change = { steps: [...unstored.values()], end: last };
    const outcome = await store(forgotten.size === 0 ? change : { ...change, forgotten: [...forgotten] });
    if (outcome === "stored") return { outcome: "ended", end: last, steps: [...steps.values()] };
    // A cancelled end is the only one that a run with this flag takes.
    if (outcome === "cancel_requested" && status !== "cancelled") return end("cancelled", CANCELLED_REASON);
    return { outcome: "left" };
  }

  return {
    get: (key) => steps.get(key),
    get steps() {
      return steps.values();
    },
    bytes,
    isStored: (key) => writing === undefined && steps.has(key) && !unstored.has(key),
    note,
    forgetBelow,
    save() {
      if (writing === undefined) return begin();
      following ??= writing.then(() => {
        following = undefined;
        return begin();
      });
      return following;
    },
    end,
    writeDespiteCancel() {
      isDespiteCancel = true;
    },
  };
}

/** What the captured values of a step take, as JSON in UTF-8. */
export function valueBytes(step: Pick<Step, "values"> | undefined): number {
  return step?.values === undefined ? 0 : Buffer.byteLength(jsonText(step.values));
}
