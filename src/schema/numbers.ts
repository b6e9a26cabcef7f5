import { ExactDecimal } from "../model/json.ts";
import { SECOND_MS } from "../model/time.ts";
import { describe, isAbsent, type Field } from "./field.ts";

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const WHOLE_TEXT = /^\s*[+-]?\d{1,30}\s*$/;
const DECIMAL_TEXT = /^\s*[+-]?\d{1,30}(\.\d{1,30})?\s*$/;

/** A number within the rule; `undefined` when absent or wrong (and then there is a problem). */
export function readNumber(field: Field, rule: NumberRule): number | undefined {
  const value = readAnyNumber(field, rule);
  if (value === undefined) return undefined;
  if (value < rule.min) return refuse(field, `must be at least ${rule.min}, got ${describe(field)}`);
  if (value > rule.max) return refuse(field, `must be at most ${rule.max}, got ${describe(field)}`);
  return value;
}

/** Like `readNumber`, but what lies outside is moved to the nearest bound, with a warning. */
export function readClampedNumber(field: Field, rule: NumberRule): number | undefined {
  const value = readAnyNumber(field, rule);
  if (value === undefined) return undefined;
  // Nobody means such a number, so its nearest bound would be a guess.
  if (typeof field.value === "bigint" && !Number.isSafeInteger(value)) return readNumber(field, rule);
  const clamped = Math.min(Math.max(value, rule.min), rule.max);
  if (clamped !== value) {
    field.notes.warn(field.path, `must be from ${rule.min} to ${rule.max}, got ${describe(field)}; ${clamped} is used`);
  }
  return clamped;
}

/** Seconds, fractions allowed, as milliseconds. */
export function readSeconds(field: Field, minSec: number, maxSec: number): number | undefined {
  return toMs(readNumber(field, { min: minSec, max: maxSec, whole: false }));
}

export function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * SECOND_MS);
}

function readAnyNumber(field: Field, rule: NumberRule): number | undefined {
  if (isAbsent(field)) return undefined;
  const value = numberIn(field, rule.whole);
  if (value === undefined || !Number.isFinite(value) || (rule.whole && !Number.isInteger(value))) {
    const kind = rule.whole ? "a whole number" : "a number";
    return refuse(field, `must be ${kind} from ${rule.min} to ${rule.max}, got ${describe(field)}`);
  }
  // Adding 0 makes the double -0 an ordinary 0.
  return value + 0;
}

function numberIn(field: Field, whole: boolean): number | undefined {
  const { value, notes, path } = field;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (!notes.border.takesTextNumbers) return undefined;
  if (typeof value === "string" && (whole ? WHOLE_TEXT : DECIMAL_TEXT).test(value)) {
    notes.warn(path, `is a text; write the number ${value.trim()} without quotes`);
    return Number(value);
  }
  if (value instanceof ExactDecimal) {
    notes.warn(path, "is a decimal; a plain number says the same");
    return Number(value.digits);
  }
  return undefined;
}

function refuse(field: Field, message: string): undefined {
  field.notes.error(field.path, message);
  return undefined;
}
