/** Below 0, 0 or above 0, character by character (RFC 9535, 2.3.5.2.2); `<` goes by halves of characters. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  let at = 0;
  while (at < left.length && left.charCodeAt(at) === right.charCodeAt(at)) at++;
  // The first difference may be the second half of a character; its first half is the same then, so either order holds.
  return (left.codePointAt(at) ?? -1) - (right.codePointAt(at) ?? -1);
}
