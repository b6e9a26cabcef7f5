import type { ScheduleEntry, ScheduleSpec } from "../model/schedule-spec.ts";

/** A schedule in a few words, as short as a cell of a table. */
export function describeSchedule(spec: ScheduleSpec): string {
  return spec.entries.map(describeEntry).join(", ");
}

function describeEntry(entry: ScheduleEntry): string {
  switch (entry.kind) {
    case "hour_minute":
      return entry.hour === null
        ? `every hour at :${twoDigits(entry.minute)}`
        : `daily at ${twoDigits(entry.hour)}:${twoDigits(entry.minute)}`;
    case "cron":
      return entry.text;
    case "once":
      return `once at ${entry.text}`;
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
