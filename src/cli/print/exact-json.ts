import { ExactDecimal } from "../../model/json.ts";
import type { DocumentValue } from "../../ports/job-editor.ts";

/** What can be printed as JSON; a key whose value is `undefined` is left out. */
export type Printable = DocumentValue | undefined | readonly Printable[] | { readonly [key: string]: Printable };

/** JSON escapes only what it must; the rest of what a terminal could take as an order is escaped here. */
const INVISIBLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const INDENT = "  ";

/**
 * JSON text with every digit of whole numbers and decimals. NaN and the infinities, which JSON lacks, become texts;
 * dates become ISO texts.
 * @param indent two spaces a level, or `undefined` for one line
 */
export function exactJson(value: Printable, indent: "" | undefined): string {
  return render(value, indent).replace(INVISIBLE, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function render(value: Printable, indent: string | undefined): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
  if (typeof value !== "object") return JSON.stringify(value);
  if (value instanceof ExactDecimal) return value.digits;
  if (value instanceof Date) return JSON.stringify(dateText(value));
  if (isList(value)) {
    return bracketed(
      "[]",
      value.map((item) => (inner: string | undefined) => render(item, inner)),
      indent,
    );
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const parts = entries.map(([key, item]) => (inner: string | undefined) => {
    return `${JSON.stringify(key)}:${indent === undefined ? "" : " "}${render(item, inner)}`;
  });
  return bracketed("{}", parts, indent);
}

/** `Array.isArray` does not narrow a readonly list. */
function isList(value: object): value is readonly Printable[] {
  return Array.isArray(value);
}

function dateText(value: Date): string {
  return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
}

function bracketed(
  brackets: "[]" | "{}",
  parts: readonly ((indent: string | undefined) => string)[],
  indent: string | undefined,
): string {
  if (parts.length === 0) return brackets;
  if (indent === undefined) return `${brackets[0]}${parts.map((part) => part(undefined)).join(",")}${brackets[1]}`;
  const inner = indent + INDENT;
  const lines = parts.map((part) => inner + part(inner));
  return `${brackets[0]}\n${lines.join(",\n")}\n${indent}${brackets[1]}`;
}
