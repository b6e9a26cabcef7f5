import type { ScheduleEntry, ScheduleSpec } from "../model/schedule-spec.ts";
import { checkEntry } from "../schedule/check-entry.ts";
import { describe, isAbsent, openList, openObject, type Field, type Fields } from "./field.ts";
import { readInstant } from "./instant.ts";
import { readNumber } from "./numbers.ts";
import { isPlainObject } from "./plain-object.ts";
import { readZone } from "./zone-field.ts";

/** Most entries of `schedules`. */
const SCHEDULES_MAX = 1_000;

export const SCHEDULE_FIELDS = ["hour", "minute", "schedule", "schedules", "tz", "not_before", "not_after"] as const;
export type ScheduleFieldName = (typeof SCHEDULE_FIELDS)[number];

/**
 * Everything of a job that decides when it is due.
 * @param isOn of one that is off nobody expects a time: others may call it
 */
export function readSchedule(fields: Fields<ScheduleFieldName>, isOn: boolean): ScheduleSpec {
  const zone = readZone(fields("tz"));
  const entries = readEntries(fields, isOn);
  for (const { entry, field } of entries) {
    // Without a zone of its own the job gets the fleet's; whether an entry makes sense hardly depends on it.
    const problem = checkEntry(entry, zone ?? "UTC");
    if (problem !== undefined) field.notes.error(field.path, problem);
  }
  const notBefore = readInstant(fields("not_before"));
  const notAfter = readInstant(fields("not_after"));
  if (notBefore !== undefined && notAfter !== undefined && notBefore > notAfter) {
    fields("not_after").notes.error(fields("not_after").path, "is before not_before, so the job would never run");
  }
  return { entries: entries.map(({ entry }) => entry), zone, notBefore, notAfter };
}

interface ReadEntry {
  readonly entry: ScheduleEntry;
  readonly field: Field;
}

function readEntries(fields: Fields<ScheduleFieldName>, isOn: boolean): readonly ReadEntry[] {
  const list = openList(fields("schedules"), SCHEDULES_MAX) ?? [];
  const single = fields("schedule");
  if (list.length > 0) {
    if (!isAbsent(single)) single.notes.error(single.path, "stands beside schedules; keep one of the two");
    noteUnused(fields, "schedules");
    return list.flatMap((field) => readEntry(field));
  }
  if (!isAbsent(single)) {
    for (const name of ["hour", "minute"] as const) {
      if (fields(name).value === undefined) continue;
      fields(name).notes.error(fields(name).path, "stands beside schedule; keep one of the two");
    }
    return readEntry(single);
  }
  if (isOn && fields("hour").value === undefined && fields("minute").value === undefined) {
    fields("hour").notes.warn("", "no schedule is given, so the job runs every hour at minute 0");
  }
  return readHourMinute(fields, fields("hour"));
}

/** The original let a non-empty `schedules` win without a word. */
function noteUnused(fields: Fields<ScheduleFieldName>, winner: string): void {
  for (const name of ["hour", "minute"] as const) {
    if (fields(name).value === undefined) continue;
    fields(name).notes.warn(fields(name).path, `has no effect beside ${winner}; remove it`);
  }
}

function readEntry(field: Field): readonly ReadEntry[] {
  const { value } = field;
  if (typeof value === "string") return [{ entry: textEntry(value), field }];
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    return [{ entry: { kind: "once", text: `${value.toISOString().slice(0, 16)}Z` }, field }];
  }
  if (isPlainObject(value)) {
    const fields = openObject(field, ["hour", "minute"]);
    return fields === undefined ? [] : readHourMinute(fields, field);
  }
  const remedy = 'must be { "hour", "minute" }, five cron fields or an ISO time';
  field.notes.error(field.path, `${remedy}, got ${describe(field)}`);
  return [];
}

/** A cron pattern never begins with a year and a month. */
function textEntry(text: string): ScheduleEntry {
  const trimmed = text.trim();
  return { kind: /^\d{4}-\d{2}/.test(trimmed) ? "once" : "cron", text: trimmed };
}

function readHourMinute(fields: Fields<"hour" | "minute">, field: Field): readonly ReadEntry[] {
  const hour = fields("hour");
  const minute = fields("minute");
  if (minute.value === null) {
    minute.notes.error(minute.path, "must be a whole number from 0 to 59, got null; leave it out for minute 0");
  }
  const readHour = readNumber(hour, { min: 0, max: 23, whole: true });
  const readMinute = readNumber(minute, { min: 0, max: 59, whole: true });
  // What could not be read is a problem already; no further one is made out of it.
  if ((!isAbsent(hour) && readHour === undefined) || (minute.value !== undefined && readMinute === undefined))
    return [];
  return [{ entry: { kind: "hour_minute", hour: readHour ?? null, minute: readMinute ?? 0 }, field }];
}
