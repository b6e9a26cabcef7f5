import type { Job } from "../../model/job.ts";
import { type EpochMs } from "../../model/time.ts";
import type { Cursor } from "../../ports/cursor-store.ts";
import type { MachineRecord } from "../../ports/machine-store.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { isFinal } from "../follow-run.ts";
import type { DueThen } from "./due-then.ts";
import type { InForce } from "./in-force.ts";

/** What became of a job at a moment, in one scope. */
export type Outcome =
  | { readonly kind: "ran" | "live" | "no_run"; readonly record: RunRecord }
  | { readonly kind: "future" }
  | { readonly kind: "future_off"; readonly why: "disabled" | "invalid" | "deleted" | "paused" }
  | { readonly kind: "not_due" }
  | { readonly kind: "off"; readonly inForce: Extract<InForce, { kind: "off" }> }
  | { readonly kind: "known_later"; readonly firstSeen: EpochMs }
  /** The machine, or every machine, came later. */
  | { readonly kind: "not_joined"; readonly joinedAt: EpochMs | undefined }
  /** The job does not choose this machine, by what is known of it at present. */
  | { readonly kind: "not_chosen" }
  | { readonly kind: "not_settled"; readonly plannedTo: EpochMs | undefined }
  /** It was settled, so it had a record, which is not there any more. */
  | { readonly kind: "record_gone" }
  | { readonly kind: "no_evidence" };

export interface ScopeEvidence {
  readonly at: EpochMs;
  readonly now: EpochMs;
  readonly record: RunRecord | undefined;
  readonly inForce: InForce;
  /** By the version in force; `undefined` when none was, or it is not stored any more. */
  readonly due: DueThen | undefined;
  readonly cursor: Cursor | undefined;
  /** The job as it stands at present, with the pause that then holds; for the future, and where no agent planned it. */
  readonly standing: "on" | "disabled" | "invalid" | "deleted" | "paused";
  /** Of jobs that run on all machines: the machine whose scope it is. */
  readonly machine: MachineRecord | undefined;
  readonly isChosen: boolean;
  /** When the first machine joined; `undefined`: none ever did. */
  readonly firstJoinedAt: EpochMs | undefined;
}

/** The record decides where there is one; else the first reason, from the widest to the narrowest, why there is none. */
export function outcomeOf(evidence: ScopeEvidence): Outcome {
  const { record, at, now, inForce, due } = evidence;
  if (record !== undefined) return ofRecord(record);
  if (at > now) return ofFuture(evidence);
  const { firstJoinedAt, machine } = evidence;
  if (firstJoinedAt === undefined || firstJoinedAt >= at) return { kind: "not_joined", joinedAt: firstJoinedAt };
  if (machine !== undefined && machine.joinedAt >= at) return { kind: "not_joined", joinedAt: machine.joinedAt };
  const neverOn = neverOnOf(evidence);
  if (neverOn !== undefined) return neverOn;
  switch (inForce.kind) {
    case "off":
      return { kind: "off", inForce };
    case "later":
      return { kind: "known_later", firstSeen: inForce.firstSeen };
    case "never_planned":
      return evidence.isChosen ? { kind: "not_settled", plannedTo: undefined } : { kind: "not_chosen" };
    case "no_evidence":
      return evidence.isChosen ? { kind: "no_evidence" } : { kind: "not_chosen" };
    case "version":
      break;
  }
  if (due === undefined) return { kind: "no_evidence" };
  if (due.kind === "not_due") return { kind: "not_due" };
  const { notBefore } = inForce;
  if (notBefore !== undefined && at < notBefore)
    return { kind: "off", inForce: { kind: "off", why: "paused", since: inForce.since, until: notBefore } };
  if (!evidence.isChosen) return { kind: "not_chosen" };
  return ofSettling(evidence);
}

function ofRecord(record: RunRecord): Outcome {
  if (record.status === "missed" || record.status === "skipped") return { kind: "no_run", record };
  return { kind: isFinal(record.status) ? "ran" : "live", record };
}

/** No agent ever planned it there, and it is off: a version that is known all the same is one that a person had run. */
function neverOnOf({ standing, cursor, inForce }: ScopeEvidence): Outcome | undefined {
  if (cursor !== undefined || inForce.kind === "off" || inForce.kind === "version") return undefined;
  if (standing !== "disabled" && standing !== "invalid") return undefined;
  return { kind: "off", inForce: { kind: "off", why: standing, since: undefined, until: undefined } };
}

function ofFuture({ standing, due }: ScopeEvidence): Outcome {
  if (standing !== "on") return { kind: "future_off", why: standing };
  return due?.kind === "due" ? { kind: "future" } : { kind: "not_due" };
}

function ofSettling({ cursor, at }: ScopeEvidence): Outcome {
  if (cursor === undefined || cursor.plannedTo < at) return { kind: "not_settled", plannedTo: cursor?.plannedTo };
  return { kind: "record_gone" };
}

/** How a job stands at present. */
export function standingOf(job: Job | undefined, hasDocument: boolean, isPaused: boolean): ScopeEvidence["standing"] {
  if (!hasDocument) return "deleted";
  if (job === undefined) return "invalid";
  if (!job.enabled) return "disabled";
  return isPaused ? "paused" : "on";
}
