import { wellFormed } from "../model/unicode.ts";

/**
 * Percent-encoded UTF-8 (RFC 3986): nothing but letters, digits and `-_.~` stays as it is; half a character becomes
 * U+FFFD.
 */
export function percentEncoded(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
