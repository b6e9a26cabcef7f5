import type { RunStatus } from "../../model/run.ts";
import type { Tone } from "../print/paint.ts";

/** The colour of a run's status. */
export function statusTone(status: RunStatus): Tone {
  switch (status) {
    case "ok":
      return "good";
    case "error":
    case "unknown":
    case "interrupted":
    case "missed":
      return "bad";
    case "cancelled":
    case "skipped":
      return "warning";
    case "waiting":
    case "running":
      return "strong";
  }
}
