import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Parsed } from "../model/problem.ts";
import { keepsDigits } from "../expression/exact-number.ts";
import { fromExtendedJson } from "./extended-json.ts";
import { Findings } from "./findings.ts";
import { NESTING_MAX } from "./json-value.ts";
import { emptyMap } from "./plain-object.ts";
import { pointerTo } from "./pointer.ts";

type SyntaxError = ReturnType<typeof printParseErrorCode>;

const WORDS: Readonly<Record<SyntaxError, string>> = {
  InvalidSymbol: "a text without quotes",
  InvalidNumberFormat: "a malformed number",
  PropertyNameExpected: "a field name in double quotes is missing",
  ValueExpected: "a value is missing",
  ColonExpected: "a colon is missing",
  CommaExpected: "a comma is missing",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "something follows after the end",
  InvalidCommentToken: "a malformed comment",
  UnexpectedEndOfComment: "a comment is not closed",
  UnexpectedEndOfString: "a closing quote is missing",
  UnexpectedEndOfNumber: "a number breaks off",
  InvalidUnicode: "a malformed \\u escape in a text",
  InvalidEscapeCharacter: "a malformed \\ escape in a text",
  InvalidCharacter: "a control character in a text",
  "<unknown ParseErrorCode>": "malformed JSON",
};

export interface JsoncUse {
  /** Whether MongoDB is to hold the values: what none of its types can hold is a problem then. */
  readonly isStored: boolean;
}

/**
 * Reads JSON with comments, trailing commas and a BOM. Whole numbers beyond 2^53 become bigint, the wrappers of
 * Extended JSON become dates, decimals, `ObjectIdHex` and numbers; objects have no prototype.
 * A number that would lose digits is a problem. Problems name line and column and never quote the text: it may hold
 * secrets.
 */
export function parseJsonc(text: string, { isStored }: JsoncUse = { isStored: false }): Parsed<unknown> {
  const findings = new Findings({ takesTextNumbers: false, quotesTexts: false });
  // A BOM is no part of the text, nor of its columns.
  const content = text.replace(/^\uFEFF/, "");
  const note = (path: string, offset: number, message: string): void => {
    findings.error(path, `${placeOf(content, offset)}: ${message}`);
  };
  if (content.trim() === "") {
    findings.error("", "is empty");
    return findings.conclude<unknown>(undefined);
  }
  const errors: ParseError[] = [];
  const root = parseBounded(content, errors);
  if (root === "too_deep") {
    findings.error("", `is nested deeper than ${NESTING_MAX} levels`);
    return findings.conclude<unknown>(undefined);
  }
  for (const { error, offset } of errors) note("", offset, WORDS[printParseErrorCode(error)]);
  if (root === undefined) {
    if (errors.length === 0) findings.error("", "holds no value");
    return findings.conclude<unknown>(undefined);
  }
  // Half of a broken text makes no sense; only its syntax is told.
  if (errors.length > 0) return findings.conclude<unknown>(undefined);
  return findings.conclude<unknown>(build(root, "", { content, note, isStored, depth: 0 }));
}

function parseBounded(content: string, errors: ParseError[]): Node | undefined | "too_deep" {
  try {
    return parseTree(content, errors, { allowTrailingComma: true });
  } catch (error) {
    // The parser calls itself for each level and ends at the end of the stack.
    if (error instanceof RangeError) return "too_deep";
    throw error;
  }
}

interface Building {
  readonly content: string;
  readonly note: (path: string, offset: number, message: string) => void;
  readonly isStored: boolean;
  readonly depth: number;
}

function build(node: Node, path: string, building: Building): unknown {
  const inner = { ...building, depth: building.depth + 1 };
  if (building.depth > NESTING_MAX) {
    building.note(path, node.offset, `is nested deeper than ${NESTING_MAX} levels`);
    return null;
  }
  if (node.type === "array") {
    return (node.children ?? []).map((child, index) => build(child, pointerTo(path, index), inner));
  }
  if (node.type === "object") return buildObject(node, path, inner);
  if (node.type === "number") return buildNumber(node, path, building);
  return node.value as unknown;
}

function buildObject(node: Node, path: string, building: Building): unknown {
  const map = emptyMap<unknown>();
  for (const { children } of node.children ?? []) {
    const [name, value] = children ?? [];
    if (name === undefined || value === undefined) continue;
    const key = String(name.value);
    const inside = pointerTo(path, key);
    if (building.isStored && key.includes("\u0000"))
      building.note(inside, name.offset, "a field name holds a NUL character, which MongoDB can't store");
    if (Object.hasOwn(map, key)) building.note(inside, name.offset, "is there twice; keep one");
    map[key] = build(value, inside, building);
  }
  const read = fromExtendedJson(map);
  if (read.ok) return read.value;
  building.note(path, node.offset, read.error);
  return null;
}

function buildNumber(node: Node, path: string, building: Building): unknown {
  const digits = building.content.slice(node.offset, node.offset + node.length);
  const value = Number(digits);
  if (!Number.isFinite(value)) {
    building.note(path, node.offset, "a number is too large");
    return null;
  }
  if (!/^-?\d+$/.test(digits)) {
    if (!keepsDigits(digits, value)) building.note(path, node.offset, LOSES_DIGITS);
    return value;
  }
  if (Number.isSafeInteger(value)) return value;
  const whole = BigInt(digits);
  if (building.isStored && BigInt.asIntN(64, whole) !== whole) building.note(path, node.offset, BEYOND_64_BITS);
  return whole;
}

const LOSES_DIGITS =
  'a number has more digits than a number keeps; write it as { "$numberDecimal": "…" } or as a text in quotes';
const BEYOND_64_BITS = "a whole number is beyond 64 bits; write it as a text in quotes";

/** Line and column, both from 1. */
function placeOf(content: string, offset: number): string {
  const before = content.slice(0, offset);
  const line = before.split(/\r\n|\r|\n/).length;
  const column = offset - Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r"));
  return `line ${line}, column ${column}`;
}
