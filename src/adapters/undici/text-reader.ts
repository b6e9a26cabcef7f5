import { TextDecoder } from "node:util";

/** Makes text of bytes as they come. */
export interface TextReader {
  add(bytes: Buffer): string;
  /**
   * What was held back. The beginning of a character that never ended becomes a replacement.
   * @param isCut there was more: such a beginning is left out
   */
  end(isCut: boolean): string;
}

/** Longest byte order mark. */
const MARK_BYTES = 3;

/**
 * Reads bytes in the charset that a byte order mark names, else that of the content type, else UTF-8, as browsers do
 * (WHATWG Encoding, "decode"). The mark is no part of the text, and what is broken becomes U+FFFD.
 */
export function createTextReader(contentType: string | undefined): TextReader {
  let decoder: TextDecoder | undefined;
  let held: Buffer = Buffer.alloc(0);

  function begin(bytes: Buffer): string {
    decoder = decoderFor(charsetOf(bytes) ?? namedCharset(contentType));
    return decoder.decode(bytes, { stream: true });
  }

  return {
    add(bytes) {
      if (decoder !== undefined) return decoder.decode(bytes, { stream: true });
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      return held.length < MARK_BYTES ? "" : begin(held);
    },
    end(isCut) {
      const text = decoder === undefined ? begin(held) : "";
      return isCut ? text : text + (decoder?.decode() ?? "");
    },
  };
}

function charsetOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

function namedCharset(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;",]+)/i.exec(contentType ?? "")?.[1];
}

function decoderFor(label: string | undefined): TextDecoder {
  try {
    return new TextDecoder(label ?? "utf-8");
  } catch {
    return new TextDecoder("utf-8");
  }
}
