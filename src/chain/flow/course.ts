import type { ChainInput, ChainPorts } from "./chain-ports.ts";
import { createAttempts } from "./attempt.ts";
import type { Attempts } from "./attempt.ts";
import { createRunRecord } from "./run-record.ts";
import type { RunRecord } from "./run-record.ts";

/** A run under way in this process. */
export interface Course {
  readonly input: ChainInput;
  readonly ports: ChainPorts;
  readonly signal: AbortSignal;
  readonly record: RunRecord;
  readonly attempts: Attempts;
  /** True while the `sending` step is our own acknowledged intent of which nothing was sent. */
  isUnsent: boolean;
}

export function createCourse(input: ChainInput, ports: ChainPorts, signal: AbortSignal): Course {
  return {
    input,
    ports,
    signal,
    record: createRunRecord(input.run.steps, ports),
    attempts: createAttempts(input, ports),
    isUnsent: input.intentIsFresh,
  };
}
