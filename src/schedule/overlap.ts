import type { Overlap } from "../model/job.ts";
import type { LiveRun } from "../model/run.ts";

/** What an occurrence gets while earlier runs of its job are live. */
export type OverlapVerdict =
  | { readonly kind: "run" }
  /** A run that starts when none of the earlier ones is live. */
  | { readonly kind: "wait" }
  | { readonly kind: "skip"; readonly reason: string };

/**
 * The rule of `overlap`, for an occurrence all of whose predecessors have their record.
 * @param earlier the live scheduled runs of the job in the occurrence's scope, in order of time
 */
export function decideOverlap(overlap: Overlap, earlier: readonly LiveRun[]): OverlapVerdict {
  const [first, ...others] = earlier;
  if (first === undefined || overlap === "allow") return { kind: "run" };
  if (overlap === "replace") return { kind: "wait" };
  if (overlap === "skip") return skipped(`an earlier run of this job was still going (${first.id}); overlap is "skip"`);
  // The first waits for nothing but its own time or a slot; any other that has not begun waits for it.
  const waiting = others.find((it) => it.status === "waiting");
  if (waiting === undefined) return { kind: "wait" };
  return skipped(
    `an earlier run of this job was still going (${first.id}) and another waits for it already (${waiting.id}); overlap is "queue"`,
  );
}

function skipped(reason: string): OverlapVerdict {
  return { kind: "skip", reason };
}

/** True for a run that starts only when no earlier one of its kind is live; those of a backfill go one by one. */
export function waitsForEarlier(overlap: Overlap, run: Pick<LiveRun, "trigger">): boolean {
  if (run.trigger === "backfill") return true;
  return run.trigger === "schedule" && (overlap === "queue" || overlap === "replace");
}

/** Those of the live runs that a run waits for: of the same job and kind, and due before it. */
export function earlierThan(
  run: Pick<LiveRun, "jobId" | "trigger" | "scheduledFor">,
  live: readonly LiveRun[],
): readonly LiveRun[] {
  return live.filter(
    (it) => it.jobId === run.jobId && it.trigger === run.trigger && it.scheduledFor < run.scheduledFor,
  );
}
