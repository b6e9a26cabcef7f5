import type { MachineId } from "../model/machine.ts";
import { isHolding } from "../model/pause.ts";
import type { CursorMove } from "../ports/cursor-store.ts";
import type { EventLog } from "../ports/event-log.ts";
import type { JobCatalog } from "./job-catalog.ts";

export interface JobChangesDeps {
  readonly events: EventLog;
  readonly catalog: Pick<JobCatalog, "documents" | "pauses">;
  /** The machine whose cursors they are; `undefined` for the fleet's. */
  readonly scope: MachineId | undefined;
}

/** Tells when another version of a job came into force, or none any more: which, from when on, and in whose place. */
export interface JobChanges {
  /** After moves of cursors were answered. @param moved true for each move that was made here */
  tell(moves: readonly CursorMove[], moved: readonly boolean[]): void;
}

export function createJobChanges({ events, catalog, scope }: JobChangesDeps): JobChanges {
  function tellOne({ jobId, from, to }: CursorMove): void {
    const isSame = (from?.schedule ?? null) === to.schedule && (from?.revision ?? null) === to.revision;
    if (isSame || (to.schedule === null && (from?.schedule ?? null) === null)) return;
    events.record({
      type: "job_changed",
      message: "another version of this job counts from planned_to on",
      facts: {
        job_id: jobId,
        job: catalog.documents.get(jobId)?.name ?? jobId,
        ...(scope === undefined ? {} : { scope }),
        why: whyOf({ jobId, from, to }),
        // Of a job that is off the cursor keeps what was in force last.
        revision: to.schedule === null ? null : to.revision,
        from_revision: from === undefined || from.schedule === null ? null : (from.revision ?? null),
        planned_to: new Date(to.plannedTo).toISOString(),
        fleet_tz: to.fleetZone,
        ...(to.notBefore === undefined ? {} : { not_before: new Date(to.notBefore).toISOString() }),
      },
    });
  }

  function whyOf({ jobId, from, to }: Pick<CursorMove, "jobId" | "from" | "to">): string {
    if (to.schedule !== null && to.notBefore !== undefined && to.notBefore > to.plannedTo) return "paused";
    if (to.schedule !== null) return from === undefined ? "created" : from.schedule === null ? "switched_on" : "edited";
    const document = catalog.documents.get(jobId);
    if (document === undefined) return "deleted";
    if (!document.parsed.ok) return "invalid";
    if (!document.parsed.value.enabled) return "disabled";
    return isHolding(catalog.pauses.get(jobId), to.plannedTo) ? "paused" : "not_here";
  }

  return {
    tell(moves, moved) {
      moves.forEach((move, index) => {
        if (moved[index] === true) tellOne(move);
      });
    },
  };
}
