import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { isList, jsonText } from "../model/json-text.ts";

/** Longest value that a message repeats. */
const QUOTED_LENGTH_MAX = 200;

/**
 * A value for a message: as JSON when it is short, else what it is. It is never cut in two, because the beginning of a
 * secret would not be found and redacted.
 */
export function quote(value: JsonValue): string {
  if (typeof value === "string" && value.length > QUOTED_LENGTH_MAX) return `a text of ${value.length} characters`;
  if (typeof value === "object" && value !== null && !(value instanceof ExactDecimal)) {
    const size = isList(value) ? value.length : Object.keys(value).length;
    const text = size > QUOTED_LENGTH_MAX ? undefined : jsonText(value);
    if (text !== undefined && text.length <= QUOTED_LENGTH_MAX) return text;
    return isList(value) ? `a list of ${count(size, "item")}` : `an object of ${count(size, "field")}`;
  }
  const text = jsonText(value);
  return text.length <= QUOTED_LENGTH_MAX ? text : `a number of ${text.length} characters`;
}

function count(size: number, thing: string): string {
  return `${size} ${thing}${size === 1 ? "" : "s"}`;
}
