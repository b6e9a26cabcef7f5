import { exactJson, type Printable } from "./exact-json.ts";
import { visible } from "./visible.ts";

/** A spreadsheet takes a text that begins so as a formula. */
const FORMULA_START = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\n\r]/;

/** Lines of CSV (RFC 4180, with plain line ends). Texts that a spreadsheet would run as a formula get a leading `'`. */
export function csv(header: readonly string[], rows: readonly (readonly Printable[])[]): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(",")}\n`).join("");
}

function csvCell(value: Printable): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return quoted(typeof value === "object" ? exactJson(value, undefined) : String(value));
  const text = visible(value);
  return quoted(FORMULA_START.test(text) ? `'${text}` : text);
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
