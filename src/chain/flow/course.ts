import type { JsonValue } from "../../model/json.ts";
import type { StepKey } from "../../model/run.ts";
import { stepKey } from "../../model/run.ts";
import type { ChainAbort, ChainInput, ChainPorts } from "../chain-ports.ts";
import { createRunRecord } from "../record/run-record.ts";
import type { RunRecord } from "../record/run-record.ts";
import { createStepTexts } from "../record/step-text.ts";
import type { StepTexts } from "../record/step-text.ts";
import { traceId } from "../request/run-headers.ts";
import { createSensitiveValues } from "./sensitive-values.ts";
import type { SensitiveValues } from "./sensitive-values.ts";

/** Why nothing further is begun. `lost`: the run is not ours any more; `stop`: the agent stops. */
export type Halt = ChainAbort | "lost" | "stop";

/** A run under way in this process. */
export interface Course {
  readonly input: ChainInput;
  readonly ports: ChainPorts;
  /** Ends every wait and every request; another one while cleaning up. */
  readonly signal: AbortSignal;
  readonly record: RunRecord;
  readonly texts: StepTexts;
  readonly sensitive: SensitiveValues;
  /** 32 hex digits, the same for all that this agent sends in the run. */
  readonly trace: string;
  /** The `sending` steps that are our own acknowledged intents of which nothing was sent. */
  readonly unsent: Set<StepKey>;
  /** How many items beyond the first of each `for_each` may still be begun side by side. */
  readonly branches: { left: number };
  /** Steps whose request we broke off ourselves, so that nobody knows what became of it. */
  readonly brokenOff: Set<StepKey>;
  /** Why the run was stopped from outside, while it is cleaned up after; in plain words. */
  stoppedBecause: string | undefined;
  /** `undefined`: go on. */
  halt(): Halt | undefined;
  /** Stores what was noted. @returns false when the run is halted by it */
  save(): Promise<boolean>;
  /** Another session has the run, or ours is over. */
  lose(): void;
  /** From here on a cancel or a time limit that has come holds nothing up, until this signal aborts. */
  beginCleaning(signal: AbortSignal): void;
}

/**
 * However for_each lie within each other: a hundred times a hundred side by side would take more time to keep a record of
 * than an agent has, and could be sent no faster.
 */
const BRANCHES_MAX = 200;

export function createCourse(input: ChainInput, ports: ChainPorts, outside: AbortSignal): Course {
  const record = createRunRecord(input.run.steps, ports);
  const sensitive = createSensitiveValues(input.secrets, ports.redactor);
  const unsent = new Set(input.run.steps.filter((it) => input.intentIsFresh && it.status === "sending").map(stepKey));
  let signal = outside;
  let isLost = false;
  let isCancelled = input.run.cancelRequested;
  let isCleaning = false;

  return {
    input,
    ports,
    get signal() {
      return signal;
    },
    record,
    texts: createStepTexts(
      () => sensitive.redactor,
      () => record.bytes,
    ),
    sensitive,
    trace: traceId(ports.chance),
    unsent,
    stoppedBecause: undefined,
    branches: { left: BRANCHES_MAX },
    brokenOff: new Set(),
    halt() {
      if (isLost) return "lost";
      if (signal.aborted) return signal.reason as ChainAbort;
      if (isCancelled && !isCleaning) return "cancel";
      return ports.isStopping() ? "stop" : undefined;
    },
    async save() {
      const outcome = await record.save();
      if (outcome === "lost") isLost = true;
      if (outcome === "cancel_requested") isCancelled = true;
      return outcome === "stored";
    },
    lose() {
      isLost = true;
    },
    beginCleaning(cleaning) {
      signal = cleaning;
      isCleaning = true;
      record.writeDespiteCancel();
    },
  };
}

/** Whether nothing more may be sent of it, also not what is stored already: it is stopped, or another has it. */
export function isOff(course: Course): boolean {
  const halt = course.halt();
  return halt !== undefined && halt !== "stop";
}

/** Captured values of one step by name. */
export type Values = Readonly<Record<string, JsonValue>>;
