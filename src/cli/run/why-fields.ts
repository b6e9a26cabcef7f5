import { type EpochMs, isoSeconds } from "../../model/time.ts";
import type { ScopeAnswer, WhyAnswer } from "../../query/why/answer.ts";
import type { DueThen } from "../../query/why/due-then.ts";
import type { FleetThen } from "../../query/why/fleet-then.ts";
import type { InForce } from "../../query/why/in-force.ts";
import { wordsOf } from "../../query/why/words.ts";
import type { Printable } from "../print/exact-json.ts";
import { recordOf } from "../print/printer.ts";
import { RUN_DETAIL_FIELDS } from "./run-fields.ts";

/** An answer as programs read it: the words, and the evidence that they rest on. */
export function whyRecord(answer: WhyAnswer): Readonly<Record<string, Printable>> {
  const { headlines, advice } = wordsOf(answer);
  return {
    job_id: answer.job.id,
    job_name: answer.job.name,
    at: isoSeconds(answer.at),
    tz: answer.zone,
    wall_time_did_not_exist: answer.asked.inGap?.text ?? null,
    wall_time_came_twice: answer.asked.moments.length > 1,
    answer: headlines,
    advice: advice ?? null,
    scopes: answer.scopes.map(scopeRecord),
    leader: leaderRecord(answer.fleet),
    machines: answer.fleet.machines.map((it) => ({
      machine_id: it.machineId,
      hostname: it.hostname,
      presence: it.presence,
      turned_at: iso(it.turnedAt),
      silent_since: iso(it.silentSince),
      serial: it.serial ?? null,
      clock_offset_ms: it.clockOffsetMs ?? null,
      fenced: it.isFenced,
      draining: it.isDraining,
    })),
    database_away: answer.outages.map((it) => ({
      machine_id: it.machineId,
      hostname: it.hostname,
      since: iso(it.since),
      until: iso(it.until),
    })),
    events_kept_since: iso(answer.oldestEvent),
  };
}

function scopeRecord({ machine, inForce, due, outcome, lateness, handovers }: ScopeAnswer): Printable {
  return {
    scope: machine?.machineId ?? "fleet",
    hostname: machine?.hostname ?? null,
    outcome: outcome.kind,
    job: inForceRecord(inForce),
    due: due === undefined ? null : dueRecord(due),
    late_ms: lateness?.ms ?? null,
    late_causes: lateness?.causes.map((it) => it.kind) ?? [],
    takeovers: handovers.map((it) => ({
      at: iso(it.at),
      from_machine_id: it.fromMachine ?? null,
      to_machine_id: it.toMachine ?? null,
    })),
    record: "record" in outcome ? recordOf(outcome.record, RUN_DETAIL_FIELDS) : null,
  };
}

function inForceRecord(inForce: InForce): Printable {
  switch (inForce.kind) {
    case "version":
      return { state: "on", revision: inForce.revision, since: iso(inForce.since), known_by: inForce.grounds };
    case "off":
      return { state: "off", why: inForce.why, since: iso(inForce.since), until: iso(inForce.until) };
    case "later":
      return { state: "not_known_yet", first_seen: iso(inForce.firstSeen) };
    case "never_planned":
    case "no_evidence":
      return { state: inForce.kind };
  }
}

function dueRecord(due: DueThen): Printable {
  const entries = due.entries.map((it) => ({ entry: it.entry, verdict: it.verdict }));
  if (due.kind === "due") return { due: true, note: due.occurrence.note ?? null, entries };
  return {
    due: false,
    why: due.why,
    before: iso(due.before?.scheduledFor),
    after: iso(due.after?.scheduledFor),
    entries,
  };
}

function leaderRecord({ leader }: FleetThen): Printable {
  if (leader === undefined) return null;
  const { machineId, hostname, presence, next } = leader;
  return {
    machine_id: machineId,
    hostname,
    presence,
    next: next === undefined ? null : { hostname: next.hostname, at: iso(next.at) },
  };
}

function iso(at: EpochMs | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
