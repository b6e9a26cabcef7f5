import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";

/** A number in whatever form keeps its exact value. */
export type ExactNumber = number | bigint | ExactDecimal;

export function isNumber(value: JsonValue): value is ExactNumber {
  return typeof value === "number" || typeof value === "bigint" || value instanceof ExactDecimal;
}

/**
 * Below 0, 0 or above 0, as `left` is less than, equal to or greater than `right`, by the decimal digits that are written:
 * `1`, `1.0` and the int64 1 are equal, and so are the double 0.1 and the decimal `0.10`. The time grows with the digits,
 * not with the exponents.
 */
export function compareNumbers(left: ExactNumber, right: ExactNumber): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "bigint" && typeof right === "bigint") return left < right ? -1 : Number(left > right);
  const a = decimalOf(left);
  const b = decimalOf(right);
  if (a.sign !== b.sign) return a.sign - b.sign;
  return a.sign * compareSizes(a, b);
}

/** Whether a double keeps every digit that is written here: for `0.10` it does, for `0.12345678901234567890` not. */
export function keepsDigits(written: string, value: number): boolean {
  return (
    Number.isFinite(value) &&
    (written === String(value) || compareNumbers(new ExactDecimal(written), new ExactDecimal(String(value))) === 0)
  );
}

/** The same text for numbers that are equal. */
export function canonicalNumber(value: ExactNumber): string {
  const { sign, digits, magnitude } = decimalOf(value);
  return sign === 0 ? "0" : `${sign < 0 ? "-" : ""}0.${digits}e${magnitude}`;
}

/** `sign * 0.digits * 10 ** magnitude`, without zeros at either end of the digits. */
interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly digits: string;
  readonly magnitude: bigint;
}

const WRITTEN = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

function decimalOf(value: ExactNumber): Decimal {
  const written = value instanceof ExactDecimal ? value.digits : String(value);
  const [, sign, whole = "", fraction = "", exponent = "0"] = WRITTEN.exec(written) ?? [];
  const all = whole + fraction;
  const begin = all.search(/[1-9]/);
  if (begin === -1) return { sign: 0, digits: "", magnitude: 0n };
  let end = all.length;
  while (all[end - 1] === "0") end--;
  return {
    sign: sign === "-" ? -1 : 1,
    digits: all.slice(begin, end),
    magnitude: BigInt(exponent) + BigInt(whole.length - begin),
  };
}

function compareSizes(a: Decimal, b: Decimal): number {
  if (a.magnitude !== b.magnitude) return a.magnitude < b.magnitude ? -1 : 1;
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -1 : 1;
}
