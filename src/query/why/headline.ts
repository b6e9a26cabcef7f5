import { exactLength } from "../../model/exact-length.ts";
import { DAY_MS } from "../../model/time.ts";
import type { RunRecord } from "../../ports/run-history.ts";
import { relativeTime } from "../times.ts";
import type { ScopeAnswer, WhyAnswer } from "./answer.ts";
import { notDueBriefly } from "./due-words.ts";
import type { ChangeReason } from "./job-change.ts";
import type { SayTime } from "./say-time.ts";

/** What became of a job in one scope, in a sentence. @param isBrief without what differs between machines */
export function headlineOf(scope: ScopeAnswer, answer: WhyAnswer, say: SayTime, isBrief: boolean): string {
  const { outcome } = scope;
  switch (outcome.kind) {
    case "ran":
      return ranWords(scope, outcome.record, hostOf(outcome.record, answer), isBrief);
    case "live":
      return liveWords(outcome.record, hostOf(outcome.record, answer), say);
    case "no_run":
      return noRunWords(outcome.record, say);
    case "future":
      return `It has not come yet: it is due ${relativeTime(answer.at, answer.now)}.`;
    case "future_off":
      return `It will not run: ${PRESENT[outcome.why]}.`;
    case "not_due":
      return `It ${answer.at > answer.now ? "is" : "was"} not due then${notDueBriefly(scope, answer, say)}.`;
    case "off":
      return `It was not due then: ${OFF[outcome.inForce.why]}.`;
    case "known_later":
      return `It was not due then: the fleet came to know this job later, at ${say.clock(outcome.firstSeen)}.`;
    case "not_joined":
      return notJoinedWords(scope, outcome.joinedAt, say);
    case "not_chosen":
      return "It does not run there: the job's where does not match this machine, by the labels and the serial that it has today.";
    case "not_settled":
      return notSettledWords(scope, answer);
    case "record_gone":
      return `It was due and the fleet settled it, but its record is not stored any more${goneWords(answer)}.`;
    case "no_evidence":
      return "No evidence is stored that tells whether it was due then, and there is no record of a run.";
  }
}

/** Who runs or ran it, or recorded the miss. */
export function hostOf(record: RunRecord, answer: WhyAnswer): string {
  return machineName(record.machineId, answer);
}

/** @param otherwise what to say of a machine of which nothing else is stored */
export function machineName(id: string | undefined, { fleet }: Pick<WhyAnswer, "fleet">, otherwise = id): string {
  return fleet.machines.find((it) => it.machineId === id)?.name ?? otherwise ?? "an unknown machine";
}

function ranWords({ lateness, handovers }: ScopeAnswer, record: RunRecord, host: string, isBrief: boolean): string {
  const where = isBrief ? "" : ` ${record.startAt === undefined ? "by" : "on"} ${host}`;
  const late = lateness?.isLate === true ? ` ${exactLength(lateness.ms)} late` : "";
  const changes = Math.max(record.takeovers, handovers.length);
  const moved = changes === 0 ? "" : ` after ${times(changes, "change")} of hands`;
  const start =
    record.startAt === undefined ? `It was claimed${where}${moved}, never started,` : `It ran${late}${where}${moved}`;
  if (record.status === "ok") {
    const tookMs = lengthMs(record);
    return tookMs === undefined || isBrief
      ? `${start} and went well.`
      : `${start}, went well and took ${exactLength(tookMs)}.`;
  }
  const how = ENDS[record.status] ?? `ended as ${record.status}`;
  return `${start} and ${how}${record.reason === undefined ? "" : `: ${record.reason}`}.`;
}

function lengthMs({ startAt, endAt }: RunRecord): number | undefined {
  return startAt === undefined || endAt === undefined ? undefined : Math.max(0, endAt - startAt);
}

const ENDS: Readonly<Record<string, string>> = {
  error: "failed",
  cancelled: "was cancelled",
  interrupted: "was broken off",
  unknown: "ended with an unknown result",
};

function liveWords({ status, startAt }: RunRecord, host: string, say: SayTime): string {
  if (status === "waiting" || startAt === undefined) return `It has been claimed and waits to start on ${host}.`;
  return `It is running on ${host} since ${say.clock(startAt)}.`;
}

function noRunWords({ status, reason, stretch }: RunRecord, say: SayTime): string {
  const why = reason === undefined ? "" : `: ${reason}`;
  if (status === "skipped") return `It was due and was left out${why}.`;
  if (stretch === undefined) return `It was due and did not run: it is recorded as missed${why}.`;
  const row = `one of ${stretch.count} in a row that were missed, the last at ${say.whole(stretch.last)}`;
  return `It was due and did not run: it is ${row}${why}.`;
}

const PRESENT: Readonly<Record<"disabled" | "invalid" | "deleted" | "paused", string>> = {
  disabled: "the job is not enabled",
  invalid: "the job's document is invalid",
  deleted: "the job was deleted",
  paused: "the job is paused",
};

const OFF: Readonly<Record<ChangeReason, string>> = {
  disabled: "the job was not enabled",
  invalid: "the job's document was invalid",
  deleted: "the job had been deleted",
  paused: "the job was paused",
  not_here: "the job said another run_on or where",
  created: "the job was off",
  switched_on: "the job was off",
  edited: "the job was off",
  unknown: "the job was off, and nothing is stored that tells why",
};

function notJoinedWords({ machine }: ScopeAnswer, joinedAt: WhyAnswer["at"] | undefined, say: SayTime): string {
  if (joinedAt === undefined) return "Nothing ran then: no agent has ever joined this fleet.";
  if (machine !== undefined)
    return `It did not run there: this machine joined the fleet later, at ${say.whole(joinedAt)}.`;
  return `Nothing ran then: the first agent joined this fleet later, at ${say.whole(joinedAt)}.`;
}

function notSettledWords({ due, machine }: ScopeAnswer, { now, at, isLedNow, machinesNow }: WhyAnswer): string {
  if (machine !== undefined && !machinesNow.has(machine.machineId))
    return `It was due ${relativeTime(at, now)}, and that machine is off; its agent catches up when it is back.`;
  const who = isLedNow
    ? "no agent has settled it yet"
    : "no agent leads the fleet at present, so nobody has settled it";
  if (due === undefined) return `There is no run, and no agent has planned this job so far: ${who}.`;
  return `It was due ${relativeTime(at, now)}, and ${who}.`;
}

/** By default runs that went well are kept for the shortest time. */
const KEEP_MS_MIN = 7 * DAY_MS;

function goneWords({ at, now }: WhyAnswer): string {
  if (now - at < KEEP_MS_MIN)
    return ", though records are kept for longer unless the config says otherwise: somebody may have removed it";
  return ": unless the config says otherwise, runs that went well are kept for 7 days and others for 30";
}

function times(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
