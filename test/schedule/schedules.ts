import type { Occurrence } from "../../src/model/occurrence.ts";
import type { ScheduleEntry } from "../../src/model/schedule-spec.ts";
import type { EpochMs } from "../../src/model/time.ts";
import { type CompiledSchedule, compileSchedule } from "../../src/schedule/compile.ts";
import { occurrencesIn } from "../../src/schedule/due.ts";

export function at(iso: string): EpochMs {
  return Date.parse(iso) as EpochMs;
}

export interface Bounds {
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Texts with a `T` are one time, all others are cron patterns. */
export function scheduleIn(
  zone: string,
  entries: string | readonly (string | ScheduleEntry)[],
  bounds: Bounds = {},
): CompiledSchedule {
  const list = typeof entries === "string" ? [entries] : entries;
  const { notBefore, notAfter } = bounds;
  const spec = {
    entries: list.map((entry) => (typeof entry === "string" ? entryOf(entry) : entry)),
    zone,
    notBefore: notBefore === undefined ? undefined : at(notBefore),
    notAfter: notAfter === undefined ? undefined : at(notAfter),
  };
  return compileSchedule(spec, "UTC");
}

function entryOf(text: string): ScheduleEntry {
  return /\dT\d/i.test(text) ? { kind: "once", text } : { kind: "cron", text };
}

export function dueIn(schedule: CompiledSchedule, after: string, upTo: string): Occurrence[] {
  return [...occurrencesIn(schedule, { after: at(after), upTo: at(upTo) })];
}

/** Wall times with offset, to the minute, of what is due in a window; times that never existed stand in brackets. */
export function localTimes(schedule: CompiledSchedule, after: string, upTo: string): string[] {
  return dueIn(schedule, after, upTo).map((it) => {
    const local = it.local.replace(":00+", "+").replace(":00-", "-");
    return it.neverExisted === undefined ? local : `(${it.key})`;
  });
}
