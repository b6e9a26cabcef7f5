import { BSON, Decimal128, Double, Int32, Long, ObjectId } from "mongodb";
import type { DocumentValue } from "../../ports/job-editor.ts";

/**
 * A decoded value in Extended JSON, so that a file made of it says the same again: numbers that JSON can hold as
 * numbers (whole ones beyond 2^53 as bigint), every other type of BSON in its wrapper such as `{ "$date": … }`.
 */
export function extendedValue(value: unknown): DocumentValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return double(value);
  if (Array.isArray(value)) return value.map(extendedValue);
  if (value instanceof Date) return { $date: dateText(value) };
  if (value instanceof BSON.BSONValue) return extendedBson(value);
  const plain: Record<string, DocumentValue> = Object.create(null);
  for (const [key, it] of Object.entries(value)) plain[key] = extendedValue(it);
  return plain;
}

function extendedBson(value: BSON.BSONValue): DocumentValue {
  if (value instanceof Int32 || value instanceof Double) return double(value.value);
  if (value instanceof Long) {
    const exact = value.toBigInt();
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }
  if (value instanceof Decimal128) return { $numberDecimal: value.toString() };
  if (value instanceof ObjectId) return { $oid: value.toHexString() };
  return BSON.EJSON.serialize(value, { relaxed: false }) as DocumentValue;
}

/** JSON has no NaN, and a long row of digits is read as a whole number of 64 bits. */
function double(value: number): DocumentValue {
  const digits = String(value);
  const isPlain = Number.isFinite(value) && (Number.isSafeInteger(value) || /[.e]/.test(digits));
  return isPlain ? value : { $numberDouble: digits };
}

function dateText(date: Date): DocumentValue {
  const ms = date.getTime();
  // BSON holds dates that JavaScript does not; the driver has lost which one it was.
  if (Number.isNaN(ms)) return "invalid date";
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date.toISOString() : { $numberLong: String(ms) };
}
