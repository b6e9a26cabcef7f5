import { ExactDecimal } from "../model/json.ts";
import { isDecimal128 } from "./decimal128.ts";
import { ObjectIdHex } from "./object-id-hex.ts";
import { isPlainObject } from "./plain-object.ts";

/** What a wrapper stands for, or what is wrong with it. */
export type Unwrapped = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

const WRAPPERS: Readonly<Record<string, (inside: unknown) => unknown>> = {
  $oid: (hex) =>
    typeof hex === "string" && /^[0-9a-f]{24}$/i.test(hex) ? new ObjectIdHex(hex.toLowerCase()) : undefined,
  $date: dateIn,
  $numberInt: (digits) => wholeIn(digits),
  $numberLong: (digits) => wholeIn(digits),
  $numberDouble: doubleIn,
  $numberDecimal: decimalIn,
};

const NOT_FINITE = ["NaN", "Infinity", "-Infinity"];
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Turns an Extended JSON wrapper such as `{"$oid": …}` into what it stands for; any other object stays as it is. */
export function fromExtendedJson(object: Readonly<Record<string, unknown>>): Unwrapped {
  const [key, ...others] = Object.keys(object);
  const unwrap = key !== undefined && Object.hasOwn(WRAPPERS, key) ? WRAPPERS[key] : undefined;
  if (key === undefined || unwrap === undefined || others.length > 0) return { ok: true, value: object };
  const value = unwrap(object[key]);
  return value === undefined ? { ok: false, error: `a malformed ${key}` } : { ok: true, value };
}

function wholeIn(digits: unknown): number | bigint | undefined {
  if (typeof digits !== "string" || !/^-?\d{1,19}$/.test(digits)) return undefined;
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  const whole = BigInt(digits);
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

function decimalIn(digits: unknown): ExactDecimal | undefined {
  if (typeof digits !== "string") return undefined;
  const isDecimal = (DECIMAL.test(digits) && isDecimal128(digits)) || NOT_FINITE.includes(digits);
  return isDecimal ? new ExactDecimal(digits) : undefined;
}

function doubleIn(digits: unknown): number | undefined {
  if (typeof digits !== "string") return undefined;
  const isNumber = DECIMAL.test(digits) || NOT_FINITE.includes(digits);
  return isNumber ? Number(digits) : undefined;
}

/** `$date` holds an ISO text, milliseconds, or milliseconds in a `$numberLong` (read already, from the inside out). */
function dateIn(inside: unknown): Date | undefined {
  const isTime = typeof inside === "number" || (typeof inside === "string" && /^\d{4}-\d{2}-\d{2}T/.test(inside));
  if (!isTime || isPlainObject(inside)) return undefined;
  const date = new Date(inside);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
