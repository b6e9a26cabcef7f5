import { ExactDecimal } from "../model/json.ts";
import type { JsonValue } from "../model/json.ts";
import { keepsDigits } from "./exact-number.ts";

export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  /** What is wrong and where, in plain words, without a piece of the text. */
  | { readonly ok: false; readonly error: string };

/** Most lists and objects inside each other. */
export const JSON_DEPTH_MAX = 200;
/** Longest number, in characters. */
const NUMBER_LENGTH_MAX = 1000;

/**
 * Reads JSON (RFC 8259) without loss: whole numbers beyond 2^53 become bigint, decimals that a double does not hold to the
 * last digit ExactDecimal. Objects have no prototype; of a name that comes twice the last one counts. A byte order mark is
 * skipped. The time grows with the length, whatever the text holds.
 */
export function parseExactJson(text: string): ParsedJson {
  try {
    return { ok: true, value: new Reader(text).readAll() };
  } catch (error) {
    if (error instanceof UnreadableError) return { ok: false, error: error.message };
    throw error;
  }
}

class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** Up to the end of a text, an escape or a character that must be escaped. */
// oxlint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
/** Doubles hold so many digits whatever they are. */
const SURE_LENGTH = 15;
const BREAKS_OFF = "is JSON that breaks off before its end";
const WORDS: readonly (readonly [string, JsonValue])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith("\u{feff}") ? 1 : 0;
  }

  readAll(): JsonValue {
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw new UnreadableError("is empty, not JSON");
    const value = this.#readValue(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected("after its end");
    return value;
  }

  #readValue(depth: number): JsonValue {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#readObject(this.#deeper(depth));
      case "[":
        return this.#readList(this.#deeper(depth));
      case '"':
        return this.#readText();
      default:
        return this.#readNumber() ?? this.#readWord();
    }
  }

  #deeper(depth: number): number {
    if (depth < JSON_DEPTH_MAX) return depth + 1;
    throw new UnreadableError(
      `is JSON that is nested deeper than ${JSON_DEPTH_MAX} levels, at character ${this.#at + 1}`,
    );
  }

  #readObject(depth: number): JsonValue {
    const object = Object.create(null) as Record<string, JsonValue>;
    this.#at++;
    this.#skipSpace();
    if (this.#take("}")) return object;
    for (;;) {
      if (this.#text[this.#at] !== '"') throw this.#unexpected("where the name of a field must be");
      const name = this.#readText();
      this.#skipSpace();
      if (!this.#take(":")) throw this.#unexpected("where a colon must be");
      this.#skipSpace();
      object[name] = this.#readValue(depth);
      this.#skipSpace();
      if (this.#take("}")) return object;
      if (!this.#take(",")) throw this.#unexpected("in an object");
      this.#skipSpace();
    }
  }

  #readList(depth: number): JsonValue {
    const list: JsonValue[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#take("]")) return list;
    for (;;) {
      list.push(this.#readValue(depth));
      this.#skipSpace();
      if (this.#take("]")) return list;
      if (!this.#take(",")) throw this.#unexpected("in a list");
      this.#skipSpace();
    }
  }

  #readText(): string {
    const from = this.#at;
    this.#at++;
    const plain = this.#match(PLAIN) ?? "";
    if (this.#take('"')) return plain;
    this.#at = this.#endOfText(this.#at);
    try {
      return String(JSON.parse(this.#text.slice(from, this.#at)));
    } catch {
      throw new UnreadableError(
        `is not JSON: the text at character ${from + 1} holds a wrong escape or a bare control character`,
      );
    }
  }

  /** Behind the next quote that an even number of backslashes stands before. */
  #endOfText(from: number): number {
    let quote = this.#text.indexOf('"', from);
    while (quote !== -1 && this.#isEscaped(quote, from)) quote = this.#text.indexOf('"', quote + 1);
    if (quote === -1) throw new UnreadableError(BREAKS_OFF);
    return quote + 1;
  }

  #isEscaped(quote: number, from: number): boolean {
    let at = quote;
    while (at > from && this.#text[at - 1] === "\\") at--;
    return (quote - at) % 2 === 1;
  }

  #readNumber(): JsonValue | undefined {
    const from = this.#at;
    NUMBER.lastIndex = from;
    const match = NUMBER.exec(this.#text);
    if (match === null) return undefined;
    const [written, fraction, exponent] = match;
    this.#at += written.length;
    if (written.length > NUMBER_LENGTH_MAX) {
      throw new UnreadableError(`holds a number of ${written.length} characters, at character ${from + 1}`);
    }
    return exactNumber(written, fraction === undefined && exponent === undefined);
  }

  #readWord(): JsonValue {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    throw this.#unexpected("where a value must be");
  }

  #skipSpace(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code <= 0x20) this.#match(SPACE);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #unexpected(where: string): UnreadableError {
    if (this.#at >= this.#text.length) return new UnreadableError(BREAKS_OFF);
    return new UnreadableError(`is not JSON: something else stands ${where}, at character ${this.#at + 1}`);
  }
}

function exactNumber(written: string, isWhole: boolean): JsonValue {
  const value = Number(written);
  if (isWhole) return Number.isSafeInteger(value) ? value : BigInt(written);
  if (written.length <= SURE_LENGTH && !/e/i.test(written)) return value;
  return keepsDigits(written, value) ? value : new ExactDecimal(written);
}
