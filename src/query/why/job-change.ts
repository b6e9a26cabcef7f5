import type { RevisionId } from "../../model/job.ts";
import type { EpochMs } from "../../model/time.ts";
import type { StoredEvent } from "../../ports/event-reader.ts";

/** Why a version of a job took the place of another; `not_here`: what it says no longer means this scope. */
export type ChangeReason =
  | "created"
  | "switched_on"
  | "edited"
  | "disabled"
  | "deleted"
  | "invalid"
  | "paused"
  | "not_here"
  | "unknown";

/** From this moment on, occurrences later than it are those of another version. */
export interface JobChange {
  readonly plannedTo: EpochMs;
  /** `null`: none is due. */
  readonly revision: RevisionId | null;
  readonly fromRevision: RevisionId | null;
  readonly why: ChangeReason;
  /** Machine id for jobs that run on all machines; `undefined` for the fleet. */
  readonly scope: string | undefined;
  readonly fleetZone: string | undefined;
  /** The end of a pause that this change put into force. */
  readonly notBefore: EpochMs | undefined;
}

const REASONS: readonly string[] = [
  "created",
  "switched_on",
  "edited",
  "disabled",
  "deleted",
  "invalid",
  "paused",
  "not_here",
] satisfies ChangeReason[];

/** In order of the moments from which they count, each once: two agents may have told the same change. */
export function jobChangesOf(events: readonly StoredEvent[]): readonly JobChange[] {
  const changes = new Map<string, JobChange>();
  for (const { type, facts } of events) {
    const plannedTo = Date.parse(String(facts["planned_to"]));
    if (type !== "job_changed" || Number.isNaN(plannedTo)) continue;
    const change: JobChange = {
      plannedTo: plannedTo as EpochMs,
      revision: revisionIn(facts["revision"]),
      fromRevision: revisionIn(facts["from_revision"]),
      why: reasonIn(facts["why"]),
      scope: textIn(facts["scope"]),
      fleetZone: textIn(facts["fleet_tz"]),
      notBefore: momentIn(facts["not_before"]),
    };
    changes.set(`${plannedTo} ${change.scope} ${change.revision}`, change);
  }
  return [...changes.values()].sort((a, b) => a.plannedTo - b.plannedTo);
}

function revisionIn(value: unknown): RevisionId | null {
  return typeof value === "string" ? (value as RevisionId) : null;
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function momentIn(value: unknown): EpochMs | undefined {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : (at as EpochMs);
}

function reasonIn(value: unknown): ChangeReason {
  return typeof value === "string" && REASONS.includes(value) ? (value as ChangeReason) : "unknown";
}
