/**
 * The bytes of a text in base64 (RFC 4648, 4: with padding, no line breaks), or `undefined`. Read strictly, because
 * Buffer leaves out what it does not understand, and something else would be sent than was meant. Only the one spelling
 * that encoding these bytes gives is taken; a pattern would run out of stack on megabytes.
 */
export function base64Bytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
