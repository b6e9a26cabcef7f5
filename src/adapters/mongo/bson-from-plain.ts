import { Decimal128, type Document, Long, ObjectId } from "mongodb";
import { StoreRefusedError } from "../../model/errors.ts";
import { ExactDecimal } from "../../model/json.ts";
import { ObjectIdHex } from "../../schema/object-id-hex.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Plain values, as files say them, in the types that MongoDB stores without loss: the way back of `plainValue`.
 * @throws {StoreRefusedError} for a whole number that no type of BSON holds
 */
export function bsonDocument(fields: Readonly<Record<string, unknown>>): Document {
  const document: Document = Object.create(null);
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) document[key] = bsonValue(value);
  }
  return document;
}

export function bsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return int64(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (value instanceof ObjectIdHex) return new ObjectId(value.hex);
  if (value instanceof ExactDecimal) return Decimal128.fromString(value.digits);
  if (Array.isArray(value)) return value.map(bsonValue);
  return bsonDocument(value as Readonly<Record<string, unknown>>);
}

function int64(value: bigint): Long {
  if (value > INT64_MAX || value < INT64_MIN) {
    throw new StoreRefusedError("write a job", `the number ${value} is beyond 64 bits; write it as a text`, undefined);
  }
  return Long.fromBigInt(value);
}
