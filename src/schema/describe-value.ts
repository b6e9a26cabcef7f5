import { ExactDecimal } from "../model/json.ts";

const QUOTED_LENGTH_MAX = 40;

/** A value in words, for the end of a message. Texts are quoted only where they can hold nothing secret. */
export function describeValue(value: unknown, quotesTexts: boolean): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return quotesTexts ? quote(value) : "a text";
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
    return shorten(String(value));
  if (value instanceof ExactDecimal) return shorten(value.digits);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A text in quotes, cut where it is long. Control characters come out escaped. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}…` : text;
}
