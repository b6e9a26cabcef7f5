import type { JsonValue } from "../model/json.ts";
import { jsonText } from "../model/json-text.ts";

/** A value as people write it within a text: texts as they are, numbers with all their digits, the rest as JSON. */
export function plainText(value: JsonValue): string {
  return typeof value === "string" ? value : jsonText(value);
}
