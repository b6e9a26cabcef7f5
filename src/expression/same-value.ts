import { ExactDecimal } from "../model/json.ts";
import type { JsonObject, JsonValue } from "../model/json.ts";
import { isList } from "../model/json-text.ts";
import { compareNumbers, isNumber } from "./exact-number.ts";

/**
 * Whether two values are the same at any depth: numbers by their value, objects whatever the order of their fields.
 * @param look told how many places it looks at; a long text counts for more
 */
export function isSameValue(left: JsonValue, right: JsonValue, look?: Look): boolean {
  look?.(typeof left === "string" ? 1 + left.length / 100 : 1);
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0;
  if (!isComposed(left) || !isComposed(right)) return left === right;
  if (isList(left) || isList(right)) return isList(left) && isList(right) && areSameLists(left, right, look);
  return areSameObjects(left, right, look);
}

function isComposed(value: JsonValue): value is readonly JsonValue[] | JsonObject {
  return typeof value === "object" && value !== null && !(value instanceof ExactDecimal);
}

type Look = ((places: number) => void) | undefined;

function areSameLists(left: readonly JsonValue[], right: readonly JsonValue[], look: Look): boolean {
  return left.length === right.length && left.every((item, index) => isSameValue(item, right[index] ?? null, look));
}

function areSameObjects(left: JsonObject, right: JsonObject, look: Look): boolean {
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && isSameValue(left[key] ?? null, right[key] ?? null, look));
}
