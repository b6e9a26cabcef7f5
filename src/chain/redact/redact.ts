import { SECRET_LENGTH_HIDDEN_MIN, type Secrets } from "../../model/config.ts";
import { addForm, advance, createFormIndex, findAt, stateOf } from "./form-index.ts";
import type { Branch, Cursor, Find, FormIndex } from "./form-index.ts";
import { canEscape, escapedReadings } from "./read-units.ts";
import type { Reading } from "./read-units.ts";
import { writtenForms } from "./written-forms.ts";

/** Takes secrets out of texts before anybody stores, logs or shows them. */
export interface Redactor {
  /**
   * The text with `[secret NAME]` in place of every secret value: as it is, percent-encoded (any mixture of encoded and
   * plain characters, `+` for a space), JSON-escaped, in HTML entities, in hex, in base64 at any place of a longer
   * encoded text, also after it was percent-encoded or JSON-escaped, and base64 that was percent-encoded or escaped in
   * turn. Where values overlap, all of both goes, under the name of the longest.
   */
  redact(text: string): string;
  /**
   * At least the first `length` characters of what `redact` answers, without reading the rest of the text.
   * @param isCut the text went on: what may be the beginning of a secret at its end is left out
   */
  redactStart(text: string, length: number, isCut?: boolean): string;
}

/**
 * A longer value is hidden in pieces of this many UTF-16 units or fewer, each wherever it stands: reading goes as deep as
 * a piece has characters, and a part of a long secret gives something away as well.
 */
const PIECE_LENGTH_MAX = 500;

/** The longest way to write one UTF-16 unit: three bytes of UTF-8, percent-encoded three times over. */
const UNITS_WRITTEN_MAX = 21;

/** One that comes to know more secrets as time goes by. */
export interface GrowingRedactor extends Redactor {
  /** Where a value is known already, under whatever name, nothing changes. */
  add(name: string, value: string): void;
}

/** Values shorter than `SECRET_LENGTH_HIDDEN_MIN` stay. */
export function createRedactor(secrets: Secrets): GrowingRedactor {
  const index = createFormIndex();
  const add = (name: string, value: string): void => {
    // What is sent in a header loses the spaces around it.
    for (const spelling of new Set([value, value.trim()])) {
      if (spelling.length < SECRET_LENGTH_HIDDEN_MIN) continue;
      const pieces = piecesOf(spelling);
      for (const piece of pieces) addSecret(index, name, piece, pieces.length > 1);
    }
  };
  for (const [name, value] of secrets) add(name, value);
  return {
    add,
    redact: (text) => redactWith(index, text, text.length, Number.POSITIVE_INFINITY),
    redactStart: (text, length, isCut = false) => {
      // One more for the edge of base64.
      const writtenLengthMax = index.formLengthMax * UNITS_WRITTEN_MAX + 1;
      return redactWith(index, text, isCut ? text.length - writtenLengthMax : text.length, length);
    },
  };
}

interface Span {
  from: number;
  upTo: number;
  name: string;
  secretLength: number;
}

interface Found extends Span {
  readonly find: Find;
}

function addSecret(index: FormIndex, name: string, value: string, isPiece: boolean): void {
  for (const { text, edgeBefore, edgeAfter } of writtenForms(value)) {
    addForm(index, text, { name, secretLength: value.length, isPiece, edgeBefore, edgeAfter });
  }
}

/** Cuts into pieces of about the same length, between characters. */
function piecesOf(value: string): readonly string[] {
  if (value.length <= PIECE_LENGTH_MAX) return [value];
  const count = Math.ceil(value.length / (PIECE_LENGTH_MAX - 1));
  const ends = Array.from({ length: count }, (_, i) =>
    characterEnd(value, Math.ceil((value.length * (i + 1)) / count)),
  );
  return ends.map((end, i) => value.slice(ends[i - 1] ?? 0, end));
}

function characterEnd(text: string, at: number): number {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1)) ? at + 1 : at;
}

/** @param end where the answer ends; a secret that begins before it is found whole */
function redactWith({ root, canBegin }: FormIndex, text: string, end: number, length: number): string {
  let clean = "";
  let copiedTo = 0;
  let span: Span | undefined;
  const places = new Map<number, Place>();
  const close = (done: Span): void => {
    clean += `${text.slice(copiedTo, done.from)}[secret ${done.name}]`;
    copiedTo = done.upTo;
  };
  for (let at = 0; at < end; at++) {
    if (span !== undefined && at > span.upTo) {
      close(span);
      span = undefined;
    }
    if (span === undefined && clean.length + at - copiedTo >= length) return clean + text.slice(copiedTo, at);
    if (canBegin[text.charCodeAt(at)] !== 1) continue;
    const found = longestMatch(places, root, text, at);
    places.delete(at);
    if (found === undefined) continue;
    // Pieces of one secret that follow each other are hidden as one.
    const isNextPiece = found.find.isPiece && found.name === span?.name;
    if (span !== undefined && at === span.upTo && !isNextPiece) {
      close(span);
      span = undefined;
    }
    span = span === undefined ? widened(found, text, copiedTo) : joined(span, widened(found, text, copiedTo));
  }
  if (span !== undefined) close(span);
  return clean + text.slice(copiedTo, Math.max(copiedTo, end));
}

interface Match {
  readonly upTo: number;
  readonly find: Find;
}

/** What was found out about one place where an escape may stand; each state of the index is followed from there only once. */
interface Place {
  readonly readings: readonly Reading[];
  readonly furthest: Map<number, Match | undefined>;
}

/** The match that reaches furthest from here, whatever mixture of escapes spells it. */
function longestMatch(places: Map<number, Place>, root: Branch, text: string, from: number): Found | undefined {
  const match = furthestMatch(places, root, 0, text, from);
  if (match === undefined) return undefined;
  const { upTo, find } = match;
  return { from, upTo, name: find.name, secretLength: find.secretLength, find };
}

function furthestMatch(
  places: Map<number, Place>,
  branch: Branch,
  read: number,
  text: string,
  from: number,
): Match | undefined {
  let best: Match | undefined;
  const cursor: Cursor = { branch, read };
  for (let at = from; ; at++) {
    const find = findAt(cursor);
    if (find !== undefined) best = { upTo: at, find };
    if (at >= text.length) return best;
    const unit = text.charCodeAt(at);
    if (canEscape(unit)) return further(best, furthestFromEscape(places, cursor, text, at));
    if (!advance(cursor, unit)) return best;
  }
}

function furthestFromEscape(places: Map<number, Place>, cursor: Cursor, text: string, at: number): Match | undefined {
  let place = places.get(at);
  if (place === undefined) {
    place = { readings: escapedReadings(text, at), furthest: new Map() };
    places.set(at, place);
  }
  const state = stateOf(cursor);
  if (place.furthest.has(state)) return place.furthest.get(state);
  let best: Match | undefined;
  for (const { character, next } of place.readings) {
    const read = descend(cursor, character);
    if (read !== undefined) best = further(best, furthestMatch(places, read.branch, read.read, text, next));
  }
  const asItIs = descend(cursor, text.charAt(at));
  if (asItIs !== undefined) best = further(best, furthestMatch(places, asItIs.branch, asItIs.read, text, at + 1));
  place.furthest.set(state, best);
  return best;
}

function further(a: Match | undefined, b: Match | undefined): Match | undefined {
  return a === undefined || (b !== undefined && b.upTo > a.upTo) ? b : a;
}

function descend({ branch, read }: Cursor, character: string): Cursor | undefined {
  const cursor = { branch, read };
  for (let at = 0; at < character.length; at++) if (!advance(cursor, character.charCodeAt(at))) return undefined;
  return cursor;
}

function widened({ find, ...span }: Found, text: string, copiedTo: number): Span {
  const isBase64 = (at: number): boolean => /^[A-Za-z0-9+/_-]$/.test(text.charAt(at));
  const from = find.edgeBefore === 1 && span.from > copiedTo && isBase64(span.from - 1) ? span.from - 1 : span.from;
  const upTo = find.edgeAfter === 1 && isBase64(span.upTo) ? span.upTo + 1 : span.upTo;
  return { ...span, from, upTo };
}

function joined(a: Span, b: Span): Span {
  const longer = b.secretLength > a.secretLength ? b : a;
  return { ...longer, from: Math.min(a.from, b.from), upTo: Math.max(a.upTo, b.upTo) };
}
