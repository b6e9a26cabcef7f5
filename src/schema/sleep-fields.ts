import type { SleepAction } from "../model/action.ts";
import { DAY_MS, SECOND_MS } from "../model/time.ts";
import type { EpochMs } from "../model/time.ts";
import { parseOnce } from "../schedule/once-time.ts";
import { readTime as readMoment } from "../schedule/read-time.ts";
import { ACTION_BASE_FIELDS, readActionBase } from "./action-base.ts";
import { isAbsent, openObject, type Field } from "./field.ts";
import { readSeconds } from "./numbers.ts";
import { readTemplatedText, holdsTemplates } from "./template-check.ts";

/** Longest sleep: as long as a run can take. */
const SLEEP_SEC_MAX = (30 * DAY_MS) / SECOND_MS;
const WALL_TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** `sleep`: for some seconds, or until a time. */
export function readSleep(field: Field): SleepAction | undefined {
  const fields = openObject(field, [...ACTION_BASE_FIELDS, "seconds", "until"]);
  if (fields === undefined) return undefined;
  const [seconds, until] = [fields("seconds"), fields("until")];
  if (isAbsent(seconds) && isAbsent(until)) {
    field.notes.error(field.path, 'does not say how long; write "seconds": 60, or "until": "14:30"');
  } else if (!isAbsent(seconds) && !isAbsent(until)) {
    field.notes.error(until.path, "stands beside seconds; keep one of the two");
  }
  return { type: "sleep", ...readActionBase(fields), for: readDuration(seconds), until: readTime(until) };
}

function readDuration(field: Field): number | string | undefined {
  if (typeof field.value === "string" && holdsTemplates(field.value)) return readTemplatedText(field);
  return readSeconds(field, 0, SLEEP_SEC_MAX);
}

function readTime(field: Field): string | undefined {
  const { value } = field;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  const text = readTemplatedText(field);
  if (text === undefined || holdsTemplates(text) || WALL_TIME.test(text.trim())) return text?.trim();
  const time = parseOnce(text);
  // Unlike an occurrence a sleep may end within a minute.
  if (time.kind !== "problem" || hasMoment(text)) return text.trim();
  field.notes.error(field.path, `${time.problem}; a time of day is written as "14:30"`);
  return undefined;
}

function hasMoment(text: string): boolean {
  return readMoment(text.trim(), 0 as EpochMs, "UTC") !== undefined;
}
