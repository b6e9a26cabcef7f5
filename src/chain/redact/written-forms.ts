import { domainToASCII, domainToUnicode } from "node:url";
import { percentEncoded } from "../../expression/percent-encoded.ts";
import { wellFormed } from "../../model/unicode.ts";

/** Shorter ones are too common as parts of other words. */
const HOST_FORM_LENGTH_MIN = 4;
/** What stands after one of these is no part of a host, and what stands before it is but a part of the secret. */
const ENDS_HOST = /[/\\?#:@\s]/;

/** A spelling of a secret that gives it away. */
export interface WrittenForm {
  readonly text: string;
  /** How many characters before and after it may hold bits of the secret as well (at the edges of base64). */
  readonly edgeBefore: 0 | 1;
  readonly edgeAfter: 0 | 1;
}

/**
 * The spellings of a secret that no decoding of single characters undoes: itself, hex, and base64 at each of the three
 * places where it can stand inside a longer encoded text, in both alphabets.
 */
export function writtenForms(secret: string): readonly WrittenForm[] {
  const bytes = Buffer.from(secret, "utf8");
  const hex = bytes.toString("hex");
  const encoded = encodedSpellings(secret).flatMap((spelling) => base64Forms(Buffer.from(spelling, "utf8")));
  return [plain(secret), plain(hex), plain(hex.toUpperCase()), ...encoded, ...hostForms(secret)];
}

/**
 * What the secret may have been made into before a longer text around it became base64: a part of JSON (a JWT), of a
 * form, of a URL, of the Basic header of OAuth 2 (RFC 6749, 2.3.1) or the signature of OAuth 1 (encoded twice).
 */
function encodedSpellings(secret: string): readonly string[] {
  const component = encodeURIComponent(wellFormed(secret));
  const strict = percentEncoded(secret);
  const spellings = new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    component,
    strict,
    strict.replaceAll("%20", "+"),
    new URLSearchParams([["", secret]]).toString().slice(1),
    encodeURIComponent(strict),
    encodeURIComponent(component),
  ]);
  return [...spellings];
}

/** As the URL parser writes a host or a scheme: in small letters, and a host also in ASCII. */
function hostForms(secret: string): readonly WrittenForm[] {
  const texts = new Set([secret.toLowerCase()]);
  if (!ENDS_HOST.test(secret)) {
    const ascii = domainToASCII(secret);
    texts.add(ascii).add(domainToUnicode(ascii));
  }
  return [...texts].filter((text) => text.length >= HOST_FORM_LENGTH_MIN).map(plain);
}

function plain(text: string): WrittenForm {
  return { text, edgeBefore: 0, edgeAfter: 0 };
}

function base64Forms(bytes: Buffer): readonly WrittenForm[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    // Only characters whose six bits all belong to the secret are the same in every surrounding.
    const from = Math.ceil((offset * 8) / 6);
    const upTo = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = encoded.slice(from, upTo);
    const edgeBefore = offset === 0 ? 0 : 1;
    const edgeAfter = ((offset + bytes.length) * 8) % 6 === 0 ? 0 : 1;
    const url = core.replaceAll("+", "-").replaceAll("/", "_");
    const texts = url === core ? [core] : [core, url];
    return texts.map((text): WrittenForm => ({ text, edgeBefore, edgeAfter }));
  });
}
