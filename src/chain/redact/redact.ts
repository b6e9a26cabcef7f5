import type { Secrets } from "../model/config.ts";
import { canEscape, escapedReadings } from "./read-units.ts";
import type { Reading } from "./read-units.ts";
import { writtenForms } from "./written-forms.ts";

/** Shorter values are too common as parts of other words to be hidden. */
const SECRET_LENGTH_MIN = 4;

/** Takes secrets out of texts before anybody stores, logs or shows them. */
export interface Redactor {
  /**
   * The text with `[secret NAME]` in place of every secret value: as it is, percent-encoded (any mixture of encoded and
   * plain characters, `+` for a space), JSON-escaped, in HTML entities, in hex, in base64 at any place of a longer
   * encoded text, and base64 that was percent-encoded or escaped in turn. Where values overlap, all of both goes, under the name of the longest.
   */
  redact(text: string): string;
  /**
   * At least the first `length` characters of what `redact` answers, without reading the rest of the text.
   * @param isCut the text went on: what may be the beginning of a secret at its end is left out
   */
  redactStart(text: string, length: number, isCut?: boolean): string;
}

/** The longest way to write one UTF-16 unit: `\u0041` with its backslash escaped three times over. */
const UNITS_WRITTEN_MAX = 13;

/** Values of fewer than 4 characters stay: they are too common as parts of words. */
export function createRedactor(secrets: Secrets): Redactor {
  const index = createIndex(secrets);
  return {
    redact: (text) => redactWith(index, text, text.length, Number.POSITIVE_INFINITY),
    redactStart: (text, length, isCut = false) => {
      return redactWith(index, text, isCut ? text.length - index.writtenLengthMax : text.length, length);
    },
  };
}

interface Find {
  readonly name: string;
  readonly secretLength: number;
  readonly edgeBefore: 0 | 1;
  readonly edgeAfter: 0 | 1;
}

interface Branch {
  readonly next: Map<number, Branch>;
  find: Find | undefined;
}

interface FormIndex {
  readonly root: Branch;
  /** 1 for each UTF-16 unit with which a form may begin, as it is or escaped. */
  readonly canBegin: Uint8Array;
  /** No secret, however it is written, takes more characters of a text than this. */
  readonly writtenLengthMax: number;
}

function createIndex(secrets: Secrets): FormIndex {
  const root: Branch = { next: new Map(), find: undefined };
  let formLengthMax = 0;
  for (const [name, value] of secrets) {
    // What is sent in a header loses the spaces around it.
    for (const spelling of new Set([value, value.trim()])) {
      if (spelling.length < SECRET_LENGTH_MIN) continue;
      formLengthMax = Math.max(formLengthMax, addSecret(root, name, spelling));
    }
  }
  const canBegin = new Uint8Array(0x10000);
  for (const unit of root.next.keys()) canBegin[unit] = 1;
  if (root.next.size > 0) for (const unit of [0x25, 0x26, 0x2b, 0x5c]) canBegin[unit] = 1;
  // One more for the edge of base64.
  return { root, canBegin, writtenLengthMax: formLengthMax * UNITS_WRITTEN_MAX + 1 };
}

/** Answers the length of its longest form. */
function addSecret(root: Branch, name: string, value: string): number {
  const forms = writtenForms(value);
  for (const { text, edgeBefore, edgeAfter } of forms) {
    let branch = root;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      let next = branch.next.get(unit);
      if (next === undefined) {
        next = { next: new Map(), find: undefined };
        branch.next.set(unit, next);
      }
      branch = next;
    }
    if (branch.find === undefined || branch.find.secretLength < value.length) {
      branch.find = { name, secretLength: value.length, edgeBefore, edgeAfter };
    }
  }
  return Math.max(...forms.map((form) => form.text.length));
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
    if (span !== undefined && at >= span.upTo) {
      close(span);
      span = undefined;
    }
    if (span === undefined && clean.length + at - copiedTo >= length) return clean + text.slice(copiedTo, at);
    if (canBegin[text.charCodeAt(at)] !== 1) continue;
    const found = longestMatch(places, root, text, at);
    places.delete(at);
    if (found === undefined) continue;
    span = span === undefined ? widened(found, text, copiedTo) : joined(span, widened(found, text, copiedTo));
  }
  if (span !== undefined) close(span);
  return clean + text.slice(copiedTo, Math.max(copiedTo, end));
}

interface Match {
  readonly upTo: number;
  readonly find: Find;
}

/** What was found out about one place where an escape may stand; each branch is followed from there only once. */
interface Place {
  readonly readings: readonly Reading[];
  readonly furthest: Map<Branch, Match | undefined>;
}

/** The match that reaches furthest from here, whatever mixture of escapes spells it. */
function longestMatch(places: Map<number, Place>, root: Branch, text: string, from: number): Found | undefined {
  const match = furthestMatch(places, root, text, from);
  if (match === undefined) return undefined;
  const { upTo, find } = match;
  return { from, upTo, name: find.name, secretLength: find.secretLength, find };
}

function furthestMatch(places: Map<number, Place>, start: Branch, text: string, from: number): Match | undefined {
  let best: Match | undefined;
  let branch = start;
  for (let at = from; ; at++) {
    if (branch.find !== undefined) best = { upTo: at, find: branch.find };
    if (at >= text.length) return best;
    const unit = text.charCodeAt(at);
    if (canEscape(unit)) return further(best, furthestFromEscape(places, branch, text, at));
    const next = branch.next.get(unit);
    if (next === undefined) return best;
    branch = next;
  }
}

function furthestFromEscape(places: Map<number, Place>, branch: Branch, text: string, at: number): Match | undefined {
  let place = places.get(at);
  if (place === undefined) {
    place = { readings: escapedReadings(text, at), furthest: new Map() };
    places.set(at, place);
  }
  if (place.furthest.has(branch)) return place.furthest.get(branch);
  let best: Match | undefined;
  for (const { character, next } of place.readings) {
    const read = descend(branch, character);
    if (read !== undefined) best = further(best, furthestMatch(places, read, text, next));
  }
  const asItIs = branch.next.get(text.charCodeAt(at));
  if (asItIs !== undefined) best = further(best, furthestMatch(places, asItIs, text, at + 1));
  place.furthest.set(branch, best);
  return best;
}

function further(a: Match | undefined, b: Match | undefined): Match | undefined {
  return a === undefined || (b !== undefined && b.upTo > a.upTo) ? b : a;
}

function descend(branch: Branch, character: string): Branch | undefined {
  let next: Branch | undefined = branch;
  for (let at = 0; at < character.length; at++) next = next?.next.get(character.charCodeAt(at));
  return next;
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
