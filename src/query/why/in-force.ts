import type { RevisionId } from "../../model/job.ts";
import type { EpochMs } from "../../model/time.ts";
import type { Cursor } from "../../ports/cursor-store.ts";
import type { JobVersion } from "../../ports/job-past.ts";
import type { ChangeReason, JobChange } from "./job-change.ts";

/** Which version of a job decided whether it was due at a moment, and how that is known. */
export type InForce =
  | {
      readonly kind: "version";
      readonly revision: RevisionId;
      /** From when on; `undefined`: longer than events are kept. */
      readonly since: EpochMs | undefined;
      /** `first_seen`: no event tells it, but this version was known by then and no other had come. */
      readonly grounds: "record" | "event" | "first_seen";
      readonly fleetZone: string | undefined;
      /** The end of a pause: nothing was due before it. */
      readonly notBefore: EpochMs | undefined;
    }
  | {
      readonly kind: "off";
      readonly why: ChangeReason;
      readonly since: EpochMs | undefined;
      /** When it came on again, if it did. */
      readonly until: EpochMs | undefined;
    }
  /** The fleet came to know the job later. */
  | { readonly kind: "later"; readonly firstSeen: EpochMs }
  | { readonly kind: "never_planned" }
  | { readonly kind: "no_evidence" };

export interface InForceEvidence {
  /** Of one scope, in order of time. */
  readonly changes: readonly JobChange[];
  readonly versions: readonly JobVersion[];
  readonly cursor: Cursor | undefined;
}

/** What decided at `at`: the last change before it; without one what the next change replaced; else what is known of versions. */
export function inForceAt(at: EpochMs, { changes, versions, cursor }: InForceEvidence): InForce {
  const before = changes.findLast((it) => it.plannedTo < at);
  const after = changes.find((it) => it.plannedTo >= at);
  if (before !== undefined) return sinceChange(before, after);
  if (after !== undefined) return untilChange(after);
  return byVersions(at, versions, cursor);
}

function sinceChange(change: JobChange, after: JobChange | undefined): InForce {
  const { revision, plannedTo: since, fleetZone, notBefore } = change;
  if (revision === null) return { kind: "off", why: change.why, since, until: after?.plannedTo };
  return { kind: "version", revision, since, grounds: "event", fleetZone, notBefore };
}

function untilChange({ fromRevision, why, plannedTo, fleetZone }: JobChange): InForce {
  if (fromRevision !== null)
    return {
      kind: "version",
      revision: fromRevision,
      since: undefined,
      grounds: "event",
      fleetZone,
      notBefore: undefined,
    };
  if (why === "created") return { kind: "later", firstSeen: plannedTo };
  return { kind: "off", why: "unknown", since: undefined, until: plannedTo };
}

/** Events may be lost or gone: then the versions that agents stored before planning with them tell what they can. */
function byVersions(at: EpochMs, versions: readonly JobVersion[], cursor: Cursor | undefined): InForce {
  if (versions.length === 0) return cursor === undefined ? { kind: "never_planned" } : { kind: "no_evidence" };
  const known = versions.findLast((it) => it.firstSeen < at);
  if (known === undefined) return { kind: "later", firstSeen: versions[0]?.firstSeen ?? at };
  // A job that is off at present was switched off at a time that nothing tells.
  if (cursor === undefined || cursor.schedule === null) return { kind: "no_evidence" };
  const fleetZone = cursor.fleetZone ?? undefined;
  return {
    kind: "version",
    revision: known.revision,
    since: known.firstSeen,
    grounds: "first_seen",
    fleetZone,
    notBefore: undefined,
  };
}
