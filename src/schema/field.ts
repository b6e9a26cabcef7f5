import { describeValue, quote } from "./describe-value.ts";
import type { Notes } from "./findings.ts";
import { nearName } from "../model/near-name.ts";
import { isDangerousKey, isPlainObject, ownValue } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";

/** A place in a document, what stands there (`undefined`: nothing), and where to note what is wrong with it. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
  readonly notes: Notes;
}

/** The fields of an object by name. */
export type Fields<Name extends string> = (name: Name) => Field;

/** True where nothing is said: MongoDB's users write null for "not set". */
export function isAbsent(field: Field): boolean {
  return field.value === undefined || field.value === null;
}

/**
 * Opens an object with these fields. Unknown ones are a warning, and an error when they are one slip from a known one.
 * What is absent opens as an empty object; `undefined` (and a problem) when it is something else.
 * @param others `"refused"`: any unknown field is an error, where leaving it aside would widen what is meant
 */
export function openObject<Name extends string>(
  field: Field,
  names: readonly Name[],
  others: "warned about" | "refused" = "warned about",
): Fields<Name> | undefined {
  const object = isAbsent(field) ? {} : field.value;
  if (!isPlainObject(object)) {
    field.notes.error(field.path, `must be an object, got ${describe(field)}`);
    return undefined;
  }
  for (const key of Object.keys(object)) {
    if (!(names as readonly string[]).includes(key)) noteUnknown(field, key, names, others);
  }
  return (name) => ({ path: pointerTo(field.path, name), value: ownValue(object, name), notes: field.notes });
}

/** The elements of a list; `undefined` (and a problem) when it is none or too long. What is absent is an empty list. */
export function openList(field: Field, lengthMax: number): readonly Field[] | undefined {
  if (isAbsent(field)) return [];
  if (!Array.isArray(field.value)) {
    field.notes.error(field.path, `must be a list, got ${describe(field)}`);
    return undefined;
  }
  if (field.value.length > lengthMax) {
    field.notes.error(field.path, `must have at most ${lengthMax} elements, got ${field.value.length}`);
    return undefined;
  }
  // Array.from: a hole is an element that says nothing.
  return Array.from(field.value as readonly unknown[], (value, index) => ({
    path: pointerTo(field.path, index),
    value,
    notes: field.notes,
  }));
}

/** The value of a field in words. */
export function describe(field: Field): string {
  return describeValue(field.value, field.notes.border.quotesTexts);
}

function noteUnknown(parent: Field, key: string, names: readonly string[], others: "warned about" | "refused"): void {
  const path = pointerTo(parent.path, key);
  if (isDangerousKey(key)) return parent.notes.error(path, "this name is refused for safety; remove it");
  const near = nearName(key, names);
  if (near !== undefined) return parent.notes.error(path, `unknown field; did you mean ${near}?`);
  if (others === "refused") return parent.notes.error(path, `unknown field; use ${names.join(", ")}`);
  parent.notes.warn(path, `unknown field ${quote(key)}; it has no effect`);
}
