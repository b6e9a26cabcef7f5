import { ExactDecimal, type JsonValue } from "../model/json.ts";
import { isDecimal128 } from "./decimal128.ts";
import type { Notes } from "./findings.ts";
import { ObjectIdHex } from "./object-id-hex.ts";
import { emptyMap, isPlainObject } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";
import { checkTemplates } from "./template-check.ts";
import type { Field } from "./field.ts";

/** MongoDB itself refuses documents that are nested deeper. */
export const NESTING_MAX = 250;

/**
 * A value that can go out as JSON, with templates in its texts checked. Numbers keep their exact value, dates become
 * ISO texts. `undefined` when absent or wrong (and then there is a problem).
 */
export function readJson(field: Field): JsonValue | undefined {
  return readValue(field, true);
}

/** The same where nothing is filled in: two braces are two braces. */
export function readLiteralJson(field: Field): JsonValue | undefined {
  return readValue(field, false);
}

function readValue(field: Field, hasTemplates: boolean): JsonValue | undefined {
  if (field.value === undefined) return undefined;
  return convert(field.value, field.path, { notes: field.notes, hasTemplates, ancestors: [] });
}

interface Walk {
  readonly notes: Notes;
  readonly hasTemplates: boolean;
  /** What the value lies in; a value inside itself has no JSON. */
  readonly ancestors: readonly unknown[];
}

function convert(value: unknown, path: string, walk: Walk): JsonValue | undefined {
  const refuse = (message: string): undefined => {
    walk.notes.error(path, message);
  };
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : refuse(BEYOND_64_BITS);
  if (value instanceof ExactDecimal) {
    if (/nan|inf/i.test(value.digits)) return refuse(NOT_JSON_NUMBER);
    return isDecimal128(value.digits) ? value : refuse(BEYOND_DECIMAL128);
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : refuse(NOT_JSON_NUMBER);
  if (typeof value === "string") {
    return !walk.hasTemplates || checkTemplates(value, path, walk.notes) ? value : undefined;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? refuse("is not a valid date") : value.toISOString();
  if (value instanceof ObjectIdHex) return value.hex;
  if (!Array.isArray(value) && !isPlainObject(value)) return refuse("can't be sent as JSON; write it as a text");
  if (walk.ancestors.length >= NESTING_MAX) return refuse(`is nested deeper than ${NESTING_MAX} levels`);
  if (walk.ancestors.includes(value)) return refuse("contains itself");
  const inner: Walk = { ...walk, ancestors: [...walk.ancestors, value] };
  return Array.isArray(value) ? convertList(value, path, inner) : convertObject(value, path, inner);
}

const NOT_JSON_NUMBER = "is not a number that JSON can hold";
/** MongoDB has no types for such numbers. */
const BEYOND_64_BITS = "is a whole number beyond 64 bits; write it as a text";
const BEYOND_DECIMAL128 = "is a decimal number with more than 34 digits or too far an exponent; write it as a text";

function convertList(list: readonly unknown[], path: string, walk: Walk): JsonValue {
  return Array.from(list, (element, index) => convert(element ?? null, pointerTo(path, index), walk) ?? null);
}

function convertObject(object: Readonly<Record<string, unknown>>, path: string, walk: Walk): JsonValue {
  const map = emptyMap<JsonValue>();
  for (const [key, value] of Object.entries(object)) {
    const inside = pointerTo(path, key);
    // `constructor` and `prototype` are honest names in somebody's API, and this map has no prototype to reach.
    if (key === "__proto__") {
      walk.notes.error(inside, "the name __proto__ is refused for safety; choose another");
      continue;
    }
    const converted = value === undefined ? undefined : convert(value, inside, walk);
    if (converted !== undefined) map[key] = converted;
  }
  return map;
}
