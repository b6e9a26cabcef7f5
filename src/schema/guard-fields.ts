import type { Guard } from "../model/action.ts";
import { openList, openObject, isAbsent, type Field } from "./field.ts";
import { readConditions } from "./matcher-fields.ts";
import { readNumber } from "./numbers.ts";
import { said } from "./said.ts";

const NO_GUARD: Guard = { hourIn: undefined, minuteIn: undefined };

const LIST_LENGTH_MAX = 1_000;

/** `when` of an action: conditions on the scheduled local time and on values. */
export function readGuard(field: Field): Guard {
  const fields = openObject(field, ["hour_in", "minute_in", "if"]);
  if (fields === undefined || isAbsent(field)) return NO_GUARD;
  return {
    hourIn: readNumbersUpTo(fields("hour_in"), 23),
    minuteIn: readNumbersUpTo(fields("minute_in"), 59),
    ...said({ if: readConditions(fields("if")) }),
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
