import { BSON, Decimal128, type Document, Double, Int32, Long, ObjectId } from "mongodb";
import { ExactDecimal } from "../../model/json.ts";

/** Keeps what the driver would turn into a less exact value; wrong UTF-8 in one document must not fail a whole read. */
const EXACT = {
  promoteValues: false,
  bsonRegExp: true,
  validation: { utf8: false },
} as const;

/** A document with every number as the type it was stored with; safe to be stored again. */
export function decodeExact(bytes: Uint8Array): Document {
  return BSON.deserialize(bytes, EXACT);
}

/** The elements of a document; documents and lists in it stay bytes. */
export function decodeShallow(bytes: Uint8Array): Document {
  return BSON.deserialize(bytes, { ...EXACT, raw: true });
}

/** An `_id` as text: ObjectId hex and plain text as they are, all else as canonical Extended JSON. */
export function idText(id: unknown): string {
  if (typeof id === "string") return id;
  return id instanceof ObjectId ? hexOf(id) : canonicalText(id);
}

/** The driver's own puts it together of 24 pieces, which stay in memory with it. */
function hexOf({ id }: ObjectId): string {
  return Buffer.from(id).toString("hex");
}

/** What `idText` makes of something that is no text, or begins like the form in quotes of `distinctIdText`. */
const LIKE_ANOTHER = /^["{]|^(null|true|false|[0-9a-f]{24})$/;

/**
 * An `_id` as a text that no other `_id` has: like `idText`, but a text that could be taken for another kind of `_id`,
 * such as `"true"` or the hex of an ObjectId, stands in quotes.
 */
export function distinctIdText(id: unknown): string {
  return typeof id === "string" && LIKE_ANOTHER.test(id) ? JSON.stringify(id) : idText(id);
}

/** An `_id` as `decodeShallow` gives it: documents in it are still bytes. */
export function exactId(id: unknown): unknown {
  return id instanceof Uint8Array ? decodeExact(id) : id;
}

/**
 * A decoded value as plain data: whole numbers beyond 2^53 as bigint, decimals as ExactDecimal, dates as Date,
 * ObjectIds as hex, all other types of BSON as canonical Extended JSON text. Objects have no prototype.
 */
export function plainValue(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Date) return value;
  if (value instanceof BSON.BSONValue) return plainBson(value);
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, it] of Object.entries(value)) plain[key] = plainValue(it);
  return plain;
}

function plainBson(value: BSON.BSONValue): unknown {
  if (value instanceof Int32 || value instanceof Double) return value.value;
  if (value instanceof Long) {
    const exact = value.toBigInt();
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }
  if (value instanceof Decimal128) return new ExactDecimal(value.toString());
  return value instanceof ObjectId ? value.toHexString() : canonicalText(value);
}

function canonicalText(value: unknown): string {
  return BSON.EJSON.stringify(value, { relaxed: false });
}
