const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The same text with every half of a character replaced, so that it can be written as UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, "\u{fffd}");
}

/** The longest beginning of at most `maxUnits` UTF-16 units and `maxBytes` UTF-8 bytes that cuts no character in two. */
export function cutText(text: string, maxUnits: number, maxBytes: number): string {
  let units = 0;
  let bytes = 0;
  for (const character of text) {
    bytes += utf8Length(character);
    if (units + character.length > maxUnits || bytes > maxBytes) break;
    units += character.length;
  }
  return text.slice(0, units);
}

function utf8Length(character: string): number {
  if (character.length === 2) return 4;
  const unit = character.charCodeAt(0);
  if (unit < 0x80) return 1;
  return unit < 0x800 ? 2 : 3;
}
