import { canonicalZone } from "../schedule/zone-name.ts";
import { quote } from "./describe-value.ts";
import { describe, isAbsent, type Field } from "./field.ts";
import { readText } from "./read-values.ts";

/** What may be a misspelt zone is quoted anywhere; what may be a password pasted in the wrong place is not. */
const ZONE_LIKE = /^[A-Za-z][\w+/-]{0,39}$/;

/** A time zone by its canonical IANA name; `undefined` when absent or wrong (and then there is a problem). */
export function readZone(field: Field): string | undefined {
  const text = isAbsent(field) ? undefined : readText(field);
  if (text === undefined) return undefined;
  const zone = canonicalZone(text);
  if (zone === undefined) {
    field.notes.error(
      field.path,
      `must be a time zone such as "Europe/Berlin", got ${ZONE_LIKE.test(text) ? quote(text) : describe(field)}`,
    );
  }
  return zone;
}
