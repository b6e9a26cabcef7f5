import { SECOND_MS } from "../model/time.ts";
import { breakOff } from "./break-off.ts";
import type { ChainAbort, ChainResult } from "./chain-ports.ts";
import type { Course } from "./course.ts";
import { CANCELLED_REASON } from "./run-record.ts";

/** Ends a run from outside: cancelled or timed out it gets its end, abandoned it is left as it is stored. */
export async function breakOffRun({ record, input, isUnsent }: Course, why: ChainAbort): Promise<ChainResult> {
  switch (why) {
    case "cancel":
      record.note(...breakOff(record.steps, isUnsent, "cancelled"));
      return record.end("cancelled", CANCELLED_REASON);
    case "timeout":
      record.note(...breakOff(record.steps, isUnsent, "the run timed out"));
      return record.end("error", `run timed out after ${input.job.runTimeoutMs / SECOND_MS} s`);
    case "abandon":
    default:
      return { outcome: "left" };
  }
}

/** What follows from a write that was not accepted. */
export async function refused(course: Course, outcome: "lost" | "cancel_requested"): Promise<ChainResult> {
  return outcome === "lost" ? { outcome: "left" } : breakOffRun(course, "cancel");
}
