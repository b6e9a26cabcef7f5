import type { Occurrence } from "../../model/occurrence.ts";
import type { EntryVerdict } from "../../schedule/entry-verdicts.ts";
import { describeSchedule } from "../describe-schedule.ts";
import { readableLocal, relativeTime } from "../times.ts";
import type { ScopeAnswer, WhyAnswer } from "./answer.ts";
import type { DueThen, NotDue } from "./due-then.ts";
import type { ChangeReason } from "./job-change.ts";
import type { SayTime } from "./say-time.ts";

/** Why the schedule does not name the minute, in a few words for a headline. */
export function notDueBriefly({ due }: ScopeAnswer, answer: WhyAnswer, say: SayTime): string {
  if (due?.kind !== "not_due") return "";
  const { clock } = askedWords(answer, say);
  return `: ${BRIEFLY[due.why].replaceAll("CLOCK", clock)}`;
}

const BRIEFLY: Readonly<Record<NotDue, string>> = {
  schedule: "its schedule does not name that minute",
  gap: "CLOCK did not exist that day, as the clocks were put forward",
  second_time: "CLOCK came twice that day, and the first counts",
  not_before: "that is before its not_before",
  not_after: "that is after its not_after",
  never_existed: "CLOCK never existed that day in its zone",
};

/** Whether the schedule that was in force names the minute; `undefined` when no version of the job is known for it. */
export function dueWords({ due, version }: ScopeAnswer, answer: WhyAnswer, say: SayTime): string | undefined {
  if (due === undefined || version === undefined) return undefined;
  const schedule = `${describeSchedule(version.schedule)} (${answer.zone})`;
  const asked = answer.asked.inGap?.text;
  if (due.kind === "due") {
    const gap = asked === undefined ? "" : `; ${asked} did not exist, so it counted at ${say.clock(answer.at)}`;
    return `yes: ${schedule}${noteWords(due, asked)}${gap}${severalWords(due.entries)}${eitherDayWords(due.entries)}`;
  }
  const { clock, day } = askedWords(answer, say);
  const why = whyWords(due.why, due.entries, clock, day, version.schedule, say);
  return `no: ${schedule}; ${why}${eitherDayWords(due.entries)}. ${aroundWords(due, answer)}`;
}

function askedWords({ at, asked }: WhyAnswer, say: SayTime): { readonly clock: string; readonly day: string } {
  const text = asked.inGap?.text ?? say.whole(at);
  return { clock: text.slice(11, 16), day: text.slice(0, 10) };
}

function whyWords(
  why: NotDue,
  entries: readonly EntryVerdict[],
  clock: string,
  day: string,
  bounds: { readonly notBefore: number | undefined; readonly notAfter: number | undefined },
  say: SayTime,
): string {
  switch (why) {
    case "gap":
      return `${clock} did not exist on ${day}, as the clocks were put forward, and a pattern with * or a step makes nothing up`;
    case "second_time":
      return `${clock} came twice on ${day}, as the clocks were put back; the first of the two counts, and this is the second`;
    case "not_before":
      return `nothing is due before its not_before${boundWords(bounds.notBefore, say)}`;
    case "not_after":
      return `nothing is due after its not_after${boundWords(bounds.notAfter, say)}`;
    case "never_existed":
      return `${clock} of ${day} never existed: the zone's clocks were put forward by more than 3 h`;
    case "schedule":
      return entries.map((it) => entryWords(it, clock, day)).join("; ");
  }
}

function boundWords(at: number | undefined, say: SayTime): string {
  return at === undefined ? "" : ` (${say.whole(at as WhyAnswer["at"])})`;
}

function entryWords({ entry, verdict, nearest }: EntryVerdict, clock: string, day: string): string {
  const weekday = WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? "";
  if (verdict === "other_day") return `"${entry}" has no time on ${weekday}, ${day}`;
  return `"${entry}" does not name ${clock}; next to it that day: ${nearest.join(", ")}`;
}

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** What the time rule says of this occurrence. Where a gap was asked about, that says the same. */
function noteWords({ occurrence }: Extract<DueThen, { kind: "due" }>, inGap: string | undefined): string {
  return occurrence.note === undefined || inGap !== undefined ? "" : `; ${occurrence.note}`;
}

function severalWords(entries: readonly EntryVerdict[]): string {
  const naming = entries.filter((it) => it.verdict === "names_it").length;
  return naming > 1 ? `; ${naming} of its times name this minute, which is one occurrence` : "";
}

function eitherDayWords(entries: readonly EntryVerdict[]): string {
  return entries.some((it) => it.isEitherDay) ? "; day of month and day of week are both set, so either is enough" : "";
}

function aroundWords({ before, after }: Extract<DueThen, { kind: "not_due" }>, { now }: WhyAnswer): string {
  const words = [aroundWord("before it", before, now), aroundWord("after it", after, now)].filter((it) => it !== "");
  return words.length === 0 ? "It is never due." : `Due ${words.join("; ")}`;
}

function aroundWord(where: string, occurrence: Occurrence | undefined, now: WhyAnswer["now"]): string {
  if (occurrence === undefined) return "";
  const when = relativeTime(occurrence.scheduledFor, now);
  return `${where}: ${readableLocal(occurrence.local)} (${when})`;
}

/** Which version of the job decided, and how that is known. */
export function versionWords({ inForce, version }: ScopeAnswer, say: SayTime): string | undefined {
  switch (inForce.kind) {
    case "version": {
      const id = `version ${inForce.revision.slice(0, 8)}`;
      if (version === undefined) return `${id} was in force, which is not stored any more or can't be read`;
      const paused = inForce.notBefore === undefined ? "" : `; paused until ${say.clock(inForce.notBefore)}`;
      return `${id}, ${groundsWords(inForce, say)}${paused}`;
    }
    case "off": {
      const since = inForce.since === undefined ? "" : ` since ${say.clock(inForce.since)}`;
      const until = inForce.until === undefined ? "" : ` until ${say.clock(inForce.until)}`;
      return `${STATE[inForce.why]}${since}${until}`;
    }
    case "later":
      return `first seen by an agent at ${say.clock(inForce.firstSeen)}`;
    case "never_planned":
    case "no_evidence":
      return undefined;
  }
}

function groundsWords({ grounds, since }: Extract<ScopeAnswer["inForce"], { kind: "version" }>, say: SayTime): string {
  if (grounds === "record") return "as its record says";
  if (since === undefined) return "in force since before events are kept";
  const from = say.clock(since);
  return grounds === "event"
    ? `in force since ${from}`
    : `first seen at ${from}; no event tells when it came into force`;
}

const STATE: Readonly<Record<ChangeReason, string>> = {
  disabled: "not enabled",
  invalid: "invalid",
  deleted: "deleted",
  paused: "paused",
  not_here: "its document said another run_on or where",
  created: "off",
  switched_on: "off",
  edited: "off",
  unknown: "off",
};
