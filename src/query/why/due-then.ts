import type { Job } from "../../model/job.ts";
import type { Occurrence } from "../../model/occurrence.ts";
import { type EpochMs, MINUTE_MS } from "../../model/time.ts";
import { type CompiledSchedule, compileSchedule } from "../../schedule/compile.ts";
import { nextOccurrence, occurrencesIn } from "../../schedule/due.ts";
import { type EntryVerdict, entryVerdicts, entryVerdictsInGap } from "../../schedule/entry-verdicts.ts";
import { previousOccurrence } from "../../schedule/previous.ts";
import type { AskedTime } from "./asked-time.ts";

/** Whether a version of a job was due at a moment by its schedule, and if not, why. */
export type DueThen =
  | { readonly kind: "due"; readonly occurrence: Occurrence; readonly entries: readonly EntryVerdict[] }
  | {
      readonly kind: "not_due";
      readonly why: NotDue;
      readonly entries: readonly EntryVerdict[];
      /** The occurrences around the moment. */
      readonly before: Occurrence | undefined;
      readonly after: Occurrence | undefined;
    };

/** `gap`: no clock showed that time, and only a recurring entry names it; `never_existed`: a change of over three hours. */
export type NotDue = "schedule" | "gap" | "second_time" | "not_before" | "not_after" | "never_existed";

export interface DueByVersion {
  readonly zone: string;
  readonly due: DueThen;
}

/** @param inGap the wall time that was asked about, when no clock showed it; `at` is then the first minute after */
export function dueAt(
  job: Pick<Job, "schedule">,
  fleetZone: string,
  at: EpochMs,
  inGap: AskedTime["inGap"],
): DueByVersion {
  const schedule = compileSchedule(job.schedule, fleetZone);
  const entries = inGap === undefined ? entryVerdicts(schedule, at) : entryVerdictsInGap(schedule, inGap.wall);
  const found = [...occurrencesIn(schedule, { after: (at - 1) as EpochMs, upTo: at })];
  const occurrence = found.find((it) => it.neverExisted === undefined);
  const isAsked = inGap === undefined || entries.some((it) => it.verdict === "names_it" && it.isFixed);
  if (occurrence !== undefined && isAsked) return { zone: schedule.zone, due: { kind: "due", occurrence, entries } };
  const why = found.length > 0 && occurrence === undefined ? "never_existed" : whyNotDue(schedule, at, entries, inGap);
  const before = previousOccurrence(schedule, at);
  const after = occurrence ?? nextOccurrence(schedule, at);
  return { zone: schedule.zone, due: { kind: "not_due", why, entries, before, after } };
}

function whyNotDue(
  { firstMinute, lastMinute }: CompiledSchedule,
  at: EpochMs,
  entries: readonly EntryVerdict[],
  inGap: AskedTime["inGap"],
): NotDue {
  const minute = Math.floor(at / MINUTE_MS);
  const isNamed = entries.some((it) => it.verdict === "names_it");
  if (isNamed && minute < firstMinute) return "not_before";
  if (isNamed && minute > lastMinute) return "not_after";
  if (inGap !== undefined && isNamed) return "gap";
  return entries.some((it) => it.verdict === "counts_the_first") ? "second_time" : "schedule";
}
