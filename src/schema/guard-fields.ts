import type { Guard } from "../model/job.ts";
import { openList, openObject, isAbsent, type Field } from "./field.ts";
import { readNumber } from "./numbers.ts";
import { namesOf, refuseUnsupported } from "./unsupported-fields.ts";

const NO_GUARD: Guard = { hourIn: undefined, minuteIn: undefined };

const UNSUPPORTED = { if: "remove it, or give the guarded action a job of its own" };
const LIST_LENGTH_MAX = 1_000;

/** `when` of an action: conditions on the scheduled local time. */
export function readGuard(field: Field): Guard {
  const fields = openObject(field, ["hour_in", "minute_in", ...namesOf(UNSUPPORTED)]);
  if (fields === undefined || isAbsent(field)) return NO_GUARD;
  refuseUnsupported(fields, UNSUPPORTED);
  return {
    hourIn: readNumbersUpTo(fields("hour_in"), 23),
    minuteIn: readNumbersUpTo(fields("minute_in"), 59),
  };
}

function readNumbersUpTo(field: Field, max: number): readonly number[] | undefined {
  if (isAbsent(field)) return undefined;
  const elements = openList(field, LIST_LENGTH_MAX);
  if (elements?.length === 0)
    field.notes.warn(field.path, "is empty: the action never runs; leave it out to run always");
  return elements?.flatMap((element) => {
    if (isAbsent(element)) element.notes.error(element.path, `must be a whole number from 0 to ${max}, got null`);
    return readNumber(element, { min: 0, max, whole: true }) ?? [];
  });
}
