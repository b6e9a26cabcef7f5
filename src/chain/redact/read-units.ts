/** One character of a text as a reader may understand it, and where the next begins. */
export interface Reading {
  /** One character: one or two UTF-16 units. */
  readonly character: string;
  readonly next: number;
}

const PERCENT = 0x25;
const PLUS = 0x2b;
const AMPERSAND = 0x26;
const BACKSLASH = 0x5c;
/** Of `%2525`, a percent sign that was encoded twice. */
const PERCENT_SIGN_LENGTH_MAX = 5;

const JSON_ESCAPES = new Map<string, string>([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["b", "\b"],
  ["f", "\f"],
  ["/", "/"],
  ['"', '"'],
  ["'", "'"],
]);
const ENTITY = /&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});/iy;
const ENTITIES = new Map<string, string>([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** True when a character with this code can begin something that reads as another character. */
export function canEscape(code: number): boolean {
  return code === PERCENT || code === PLUS || code === AMPERSAND || code === BACKSLASH;
}

/**
 * The ways to read what stands at a place beside taking it as it is: percent-encoded UTF-8 (also encoded more than
 * once), `+` for a space, a JSON escape (also escaped more than once), an HTML entity.
 */
export function escapedReadings(text: string, at: number): readonly Reading[] {
  switch (text.charCodeAt(at)) {
    case PERCENT:
      return percentReading(text, at);
    case PLUS:
      return [{ character: " ", next: at + 1 }];
    case AMPERSAND:
      return entityReading(text, at);
    case BACKSLASH:
      return jsonReadings(text, at);
    default:
      return [];
  }
}

/** Percent-encoded once or up to three times: OAuth 1 sends a secret encoded twice. */
function percentReading(text: string, at: number): readonly Reading[] {
  const readings: Reading[] = [];
  for (let sign = "%"; sign.length <= PERCENT_SIGN_LENGTH_MAX; sign += "25") {
    if (!text.startsWith(sign, at)) break;
    const reading = percentReadingAfter(sign, text, at);
    if (reading !== undefined) readings.push(reading);
  }
  return readings;
}

/** @param sign how each percent sign is written: `%`, encoded in turn `%25` */
function percentReadingAfter(sign: string, text: string, at: number): Reading | undefined {
  const lead = percentByte(text, at, sign);
  if (lead === undefined) return undefined;
  const byteLength = sign.length + 2;
  if (lead < 0x80) return { character: String.fromCharCode(lead), next: at + byteLength };
  const next = at + byteLength * (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2);
  try {
    return { character: decodeURIComponent(text.slice(at, next).replaceAll(sign, "%")), next };
  } catch {
    return undefined;
  }
}

function percentByte(text: string, at: number, sign: string): number | undefined {
  if (!text.startsWith(sign, at)) return undefined;
  const digits = text.slice(at + sign.length, at + sign.length + 2);
  return /^[0-9a-f]{2}$/i.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

function entityReading(text: string, at: number): readonly Reading[] {
  ENTITY.lastIndex = at;
  const entity = ENTITY.exec(text)?.[0];
  if (entity === undefined) return [];
  const name = entity.slice(1, -1).toLowerCase();
  const next = at + entity.length;
  if (!name.startsWith("#")) return [{ character: ENTITIES.get(name) ?? " ", next }];
  const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code <= 0x10ffff ? [{ character: String.fromCodePoint(code), next }] : [];
}

function jsonReadings(text: string, at: number): readonly Reading[] {
  let end = at;
  while (text.charCodeAt(end) === BACKSLASH && end - at < 8) end++;
  const readings: Reading[] = [2, 4, 8]
    .filter((length) => length <= end - at)
    .map((length) => ({ character: "\\", next: at + length }));
  const letter = text.charAt(end);
  const simple = JSON_ESCAPES.get(letter);
  if (simple !== undefined) readings.push({ character: simple, next: end + 1 });
  const digits = text.slice(end + 1, end + 5);
  if (letter === "u" && /^[0-9a-f]{4}$/i.test(digits)) {
    readings.push({ character: String.fromCharCode(Number.parseInt(digits, 16)), next: end + 5 });
  }
  return readings;
}
