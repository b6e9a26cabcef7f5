import type { Occurrence } from "../model/occurrence.ts";
import { type EpochMs, MINUTE_MS } from "../model/time.ts";
import { movedNote, neverExistedNote, twiceNote } from "./clock-change-notes.ts";
import type { DayPlan } from "./day-plan.ts";
import { FIXED, firstIndexFrom, RECURRING } from "./day-times.ts";
import { clockText, dateText, dayOf, MINUTES_PER_DAY, minuteOfDay, offsetText, wallText } from "./wall-time.ts";
import type { Span } from "./zone-offsets.ts";

/** A larger change is no daylight saving: times that it jumps over are missed instead of moved. */
const CHANGE_MINUTES_MAX = 180;

/** The occurrences at the UTC minutes `from` to `to` (both inclusive) of a span, in order. */
export function* occurrencesInSpan(
  span: Span,
  from: number,
  to: number,
  plan: DayPlan,
  zone: string,
): Generator<Occurrence, undefined> {
  let next = from;
  if (from === span.start) {
    const jumped = jumpedOver(span, plan);
    if (span.offset - span.offsetBefore > CHANGE_MINUTES_MAX) {
      for (const wall of jumped) yield neverExisted(span, wall, zone);
    } else if (jumped.length > 0) {
      yield movedToStart(span, jumped, plan, zone);
      next = from + 1;
    }
  }
  const lastWall = to + span.offset;
  for (let wall = next + span.offset; wall <= lastWall; wall = (dayOf(wall) + 1) * MINUTES_PER_DAY) {
    yield* occurrencesOfDay(span, wall, lastWall, plan, zone);
  }
}

/** From the wall minute `firstWall` to the end of its day or to `lastWall`, whichever comes first. */
function* occurrencesOfDay(
  span: Span,
  firstWall: number,
  lastWall: number,
  plan: DayPlan,
  zone: string,
): Generator<Occurrence, undefined> {
  const { offset, reached, againFrom } = span;
  const day = dayOf(firstWall);
  const times = plan(day, offset);
  const dayStart = day * MINUTES_PER_DAY;
  const datePrefix = times.length === 0 ? "" : `${dateText(day)}T`;
  const localSuffix = `:00${offsetText(offset)}`;
  const keySuffix = `[${zone}]`;
  for (let index = firstIndexFrom(times, firstWall - dayStart); index < times.length; index++) {
    const time = times[index] ?? 0;
    const minute = time >> 2;
    const wall = dayStart + minute;
    if (wall > lastWall) return;
    const isRecurring = (time & RECURRING) !== 0;
    if (!isRecurring && wall < reached) continue;
    const clock = clockText(minute);
    yield {
      scheduledFor: ((wall - offset) * MINUTE_MS) as EpochMs,
      key: isRecurring ? utcKey(wall - offset) : datePrefix + clock + keySuffix,
      local: datePrefix + clock + localSuffix,
      hour: Math.floor(minute / 60),
      minute: minute % 60,
      note: wall >= againFrom ? twiceNote(wall, "first") : wall < reached ? twiceNote(wall, "second") : undefined,
    };
  }
}

/** The fixed times between what wall clocks had reached before the span and what they show at its start, in order. */
function jumpedOver(span: Span, plan: DayPlan): number[] {
  const startWall = span.start + span.offset;
  const walls: number[] = [];
  for (let day = dayOf(span.reached); day * MINUTES_PER_DAY < startWall; day++) {
    for (const time of plan(day, span.offset)) {
      const wall = day * MINUTES_PER_DAY + (time >> 2);
      if ((time & FIXED) !== 0 && wall >= span.reached && wall < startWall) walls.push(wall);
    }
  }
  return walls;
}

function movedToStart(span: Span, asked: readonly number[], plan: DayPlan, zone: string): Occurrence {
  const wall = span.start + span.offset;
  const times = plan(dayOf(wall), span.offset);
  const time = times[firstIndexFrom(times, minuteOfDay(wall))] ?? 0;
  const isRecurring = time >> 2 === minuteOfDay(wall) && (time & RECURRING) !== 0;
  const [earliest = wall] = asked;
  return {
    ...atStart(span),
    key: isRecurring ? utcKey(span.start) : fixedKey(earliest, zone),
    note: movedNote(asked, dayOf(wall)),
  };
}

function neverExisted(span: Span, asked: number, zone: string): Occurrence {
  const note = neverExistedNote(asked, zone, span.offset - span.offsetBefore);
  return { ...atStart(span), key: fixedKey(asked, zone), note, neverExisted: true };
}

function atStart({ start, offset }: Span): Pick<Occurrence, "scheduledFor" | "local" | "hour" | "minute"> {
  const wall = start + offset;
  return {
    scheduledFor: (start * MINUTE_MS) as EpochMs,
    local: `${wallText(wall)}:00${offsetText(offset)}`,
    hour: Math.floor(minuteOfDay(wall) / 60),
    minute: minuteOfDay(wall) % 60,
  };
}

/** `2026-11-21T05:30Z` */
function utcKey(utcMinute: number): string {
  return `${wallText(utcMinute)}Z`;
}

/** `2026-11-21T14:30[Asia/Seoul]` */
function fixedKey(wall: number, zone: string): string {
  return `${wallText(wall)}[${zone}]`;
}
