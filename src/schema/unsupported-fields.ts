import type { Field, Fields } from "./field.ts";
import { isPlainObject } from "./plain-object.ts";

/** What the design has and this version has not, each with what to do instead. */
export type UnsupportedFields<Name extends string> = Readonly<Record<Name, string>>;

export function namesOf<Name extends string>(fields: UnsupportedFields<Name>): readonly Name[] {
  return Object.keys(fields) as Name[];
}

/** Refuses what this version would not do; a value that asks for nothing is fine. */
export function refuseUnsupported<Name extends string>(
  fields: Fields<NoInfer<Name>>,
  unsupported: UnsupportedFields<Name>,
): void {
  for (const name of namesOf(unsupported)) {
    const field: Field = fields(name);
    if (asksForNothing(field.value)) continue;
    field.notes.error(field.path, `${name} is not supported by this version yet; ${unsupported[name]}`);
  }
}

/** True for nothing, null, false, 0, an empty text and whatever holds only such values. */
export function asksForNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  // One level down is enough for every default of the design (`where: { labels: {}, hostnames: [] }`).
  return isPlainObject(value) && Object.values(value).every((inner) => isEmpty(inner));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === "") return true;
  return Array.isArray(value) ? value.length === 0 : isPlainObject(value) && Object.keys(value).length === 0;
}
